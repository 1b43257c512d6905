"""The pages on Streamlit: thin views over `store.queries` and `store.state`. Nothing here writes."""
