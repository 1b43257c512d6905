"""Streamlit's theme, as options: light and dark, quiet, dense."""

from typing import Final

from dashboard.palette import ACCENT

_BOTH: Final[dict[str, object]] = {
    "baseFontSize": 14,
    "baseRadius": "6px",
    "headingFontSizes": ["1.7rem", "1.1rem", "1rem", "1rem", "0.9rem", "0.85rem"],
    "headingFontWeights": [650, 600, 600, 600, 600, 600],
    "metricValueFontSize": "1.55rem",
    "showWidgetBorder": True,
}
_LIGHT: Final = {
    "primaryColor": "#0B7376",
    "backgroundColor": "#FFFFFF",
    "secondaryBackgroundColor": "#F3F6F7",
    "textColor": "#06111B",
    "borderColor": "#DDE3E8",
    "dataframeBorderColor": "#E6EBEF",
    "dataframeHeaderBackgroundColor": "#F3F6F7",
    "redBackgroundColor": "#FBD5D5",
    "orangeBackgroundColor": "#FDE2C4",
    "yellowBackgroundColor": "#FAF0B4",
    "greenBackgroundColor": "#D9F1E0",
    "blueBackgroundColor": "#D8E8F8",
    "grayBackgroundColor": "#E8ECEF",
}
_DARK: Final = {
    "primaryColor": "#45C9CB",
    "backgroundColor": "#10161C",
    "secondaryBackgroundColor": "#18212A",
    "textColor": "#E4EAEF",
    "borderColor": "#2B3742",
    "dataframeBorderColor": "#26313B",
    "dataframeHeaderBackgroundColor": "#18212A",
}

THEME: Final[dict[str, object]] = {
    **{f"theme.{name}": value for name, value in _BOTH.items()},
    **{f"theme.light.{name}": value for name, value in _LIGHT.items()},
    **{f"theme.dark.{name}": value for name, value in _DARK.items()},
    "theme.chartCategoricalColors": [ACCENT],
}
"""Option to value, of the types that Streamlit gives them."""
