import streamlit as st


def show() -> None:
    st.text("todo")
