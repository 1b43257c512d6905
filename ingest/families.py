"""Families of issued tokens, by the prefix that their issuer gave them.

Facts from the issuers' documentation and from what gitleaks looks for; the patterns are our own. A family is a begin
and a tail. Words of names end like some begins (`disk-`, `task_`), so a begin that is `SHORT` counts only where a word
begins. Each begin holds or leads to so much of the token that an ordinary path has none of it: `look` is made of them.
"""

from typing import Final

_W: Final = "[A-Za-z0-9]"
_D: Final = "[A-Za-z0-9_-]"

SHORT: Final[tuple[tuple[str, str], ...]] = (
    # Stripe and those who took its shape over; AlooChat's ac_live_.
    ("[rspacw][khc]_(?:live|test|prod|dev|sandbox)_", f"{_W}{{6,}}"),
    ("whsec_", f"{_D}{{10,}}"),
    # OpenAI, Anthropic, OpenRouter, LiteLLM, DeepSeek, Langfuse.
    ("[sp]k-", f"[a-z-]*[A-Z0-9]{_D}{{9,}}"),
    (f"hf_{_W}{{6}}", f"{_W}{{10,}}"),
    (f"r8_{_W}{{6}}", f"{_W}{{14,}}"),
    (f"re_{_W}{{6}}", f"{_W}{{0,4}}_{_W}{{16,}}"),
    ("hv[sbr]\\.", f"{_D}{{20,}}"),
    ("dp\\.(?:pt|st|ct|sa|scim|audit)\\.", "[A-Za-z0-9_.-]{20,}"),
    ("ya29\\.", f"{_D}{{16,}}"),
    ("1//0", f"{_D}{{20,}}"),
    ("sl\\.[A-Za-z]", f"{_D}{{30,}}"),
    ("xai-", f"{_W}{{20,}}"),
    ("pat-(?:na|eu)[0-9]-", f"{_D}{{20,}}"),
    ("fio-u-", f"{_D}{{20,}}"),
    ("EAA[CG]", f"{_W}{{20,}}"),
    ("LTAI", f"{_W}{{12,}}"),
    ("AKID", f"{_W}{{20,}}"),
    ("AQVN", f"{_D}{{20,}}"),
    # Telegram: the bot's number and its secret.
    ("[0-9]{8,10}(?::|%3[aA])AA", f"{_D}{{30,}}"),
)

DISTINCT: Final[tuple[tuple[str, str], ...]] = (
    ("gh[pousr]_", f"{_W}{{16,}}"),
    ("github_pat_", f"{_D}{{16,}}"),
    ("gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|ffct)-", f"{_D}{{16,}}"),
    ("GR1348941", f"{_D}{{16,}}"),
    ("A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{4}", "[A-Z0-9]{12}"),
    ("AIza", f"{_D}{{30,}}"),
    ("GOCSPX-", f"{_D}{{16,}}"),
    ("xox[abceoprs]-", "[A-Za-z0-9.-]{10,}"),
    ("xapp-", f"{_D}{{10,}}"),
    ("hooks\\.slack\\.com/(?:services|workflows|triggers)/", "[A-Za-z0-9/]{20,}"),
    ("discord(?:app)?\\.com/api/webhooks/", f"[0-9]+/{_D}{{20,}}"),
    ("SG\\.[A-Za-z0-9]", f"{_D}{{9,}}\\.{_D}{{10,}}"),
    ("npm_", f"{_W}{{20,}}"),
    ("pypi-", f"{_D}{{16,}}"),
    ("rubygems_", f"{_W}{{20,}}"),
    ("shp(?:at|ca|pa|ss|ua)_", f"{_W}{{16,}}"),
    ("do[opr]_v1_", f"{_W}{{20,}}"),
    ("lin_(?:api|oauth)_", f"{_W}{{16,}}"),
    ("(?:secret_|ntn_)[A-Za-z0-9]{6}", f"{_W}{{24,}}"),
    ("PMAK-", f"{_D}{{16,}}"),
    ("gl(?:c|sa)_", f"{_D}{{16,}}"),
    ("\\.atlasv1\\.", f"{_D}{{16,}}"),
    ("ATATT3|ATBB[A-Za-z0-9]|ATCTT3", f"{_D}{{16,}}"),
    ("sq0(?:atp|csp)-", f"{_D}{{16,}}"),
    ("figd_", f"{_D}{{16,}}"),
    ("fo1_|fm[12][ar]?_", f"{_D}{{20,}}"),
    ("gsk_", f"{_W}{{20,}}"),
    ("pplx-", f"{_W}{{20,}}"),
    ("sb(?:p|_secret|_publishable)_", f"{_D}{{16,}}"),
    ("sntry[su]_", f"{_D}{{16,}}"),
    ("NR(?:AK|JS|AA|II)-", f"{_D}{{16,}}"),
    ("dt0[a-z][0-9]{2}\\.", f"[A-Z0-9]{{8,}}\\.{_D}{{16,}}"),
    ("HRKU-", f"{_D}{{16,}}"),
    ("pscale_(?:tkn|pw|oauth)_", "[A-Za-z0-9_.=-]{16,}"),
    ("pnu_", f"{_W}{{16,}}"),
    ("rdme_", f"{_W}{{16,}}"),
    ("duffel_(?:test|live)_", f"{_D}{{16,}}"),
    ("EZ[AT]K", f"{_W}{{30,}}"),
    ("FLW(?:SECK|PUBK)(?:_TEST)?-", f"{_D}{{12,}}"),
    ("AGE-SECRET-KEY-1", f"{_W}{{20,}}"),
    ("AKCp", f"{_W}{{20,}}"),
    ("xkeysib-", f"{_D}{{16,}}"),
    ("CFPAT-|CLOJARS_", f"{_D}{{16,}}"),
    ("dckr_[po]at_", f"{_D}{{16,}}"),
    ("sgp_", f"{_W}{{16,}}"),
    ("shippo_(?:live|test)_", f"{_W}{{16,}}"),
    ("tskey-", f"{_D}{{10,}}"),
    ("nfp_", f"{_W}{{20,}}"),
    ("apify_api_", f"{_W}{{16,}}"),
    ("hcaik_", f"{_W}{{16,}}"),
    ("lsv2_[ps][tk]_", f"{_D}{{16,}}"),
    ("ph[cxs]_[A-Za-z0-9]{6}", f"{_W}{{20,}}"),
    ("kpat_", f"{_W}{{16,}}"),
    ("tfp_", f"{_D}{{30,}}"),
    ("waka_", f"{_D}{{30,}}"),
    ("ops_eyJ", f"{_D}{{20,}}"),
    ("sha256~", f"{_D}{{20,}}"),
    ("[A-Za-z0-9]{3}8Q~", "[A-Za-z0-9_.~-]{20,}"),
    # A JWT, or the beginning of one that was cut.
    ("eyJ[A-Za-z0-9]", f"{_D}{{7,}}(?:\\.{_D}*)*"),
    ("-----BEGIN [A-Z ]*PRIVATE KEY", "[A-Za-z0-9+/=\\\\\\r\\n -]*"),
)
