"""The form beside a review's table: one key after the other."""

from tests.dashboard.test_access import Open, opened, own, user
from tests.dashboard.test_desk_pages import button, review

__all__ = ["opened", "own", "review"]


def test_an_analyst_decides_one_key_in_the_form_and_the_next_one_is_asked_about(opened: Open, review: str) -> None:
    page = opened("reports", user("otto"), report=review)
    page.session_state["one_decision"] = True
    page.run()
    page.radio[-1].set_value("keep")
    next(one for one in page.text_input if one.label == "Rationale").set_value("used every day")
    button(page, "Save the decision").click().run()

    sheet, chosen = page.data_editor[0].value, next(one for one in page.selectbox if one.label == "Key")

    assert ["keep", ""] == list(sheet["decision"].fillna(""))
    assert ["used every day", ""] == list(sheet["rationale"])
    assert ("crm-dev · key_2", None) == (chosen.options[int(chosen.index)], page.radio[-1].value)
