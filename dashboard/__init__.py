"""The pages on Streamlit: thin views over `store.queries` and `store.state`. What writes is `dashboard.doing` alone."""
