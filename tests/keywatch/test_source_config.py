"""What is wrong in a source is told by `config check`, before a line is read."""

import pytest
from commandline import Cli

RIGHT = {
    "a pasted directive with variables of one's own": "log_format = '$remote_addr $msec $my_zone_name $status'",
    "a variable made of a known one": "log_format = '$remote_addr_anon $msec $masked_request_uri $status'",
    "a family's variable": "log_format = '$remote_addr $msec $arg_remote_adr $http_x_api_token'",
    "Tomcat's": "log_format = '%h %t \"%r\" %s %F %I'",
    "Envoy's": "log_format = '[%START_TIME%] %REQ(:METHOD)% %RESPONSE_CODE% %CEL(request.size)%'",
    "JSON by nginx": 'log_format = \'\'\'escape=json \'{"t":"$time_iso8601","s":"$status","r":"$request"}\' \'\'\'',
    "a pattern": "pattern = '(?P<ts>\\S+) (?P<ip>\\S+)'",
    "a format that looks at lines first": "format = 'csv'",
    "fields": "fields = { ts = 'when', target = 'what' }",
}
WRONG = {
    "a pattern that RE2 refuses": ("pattern = '(('", "RE2 refuses the pattern: missing )", "Mend the pattern."),
    "a pattern without names": ("pattern = '\\S+'", "No named group of the pattern is known", "Call them ts, ip"),
    "a slip in a variable": (
        "log_format = '$remote_adr $msec $status'",
        "has $remote_adr",
        "mean $remote_addr?",
    ),
    "a slip in a second one": ("log_format = '$remote_addr $tme_local $status'", "has $tme_local", "$time_local?"),
    "a directive that there is none of": ("log_format = '%h %t %Q'", "has %Q, which is no directive", "Paste the"),
    "a slip in an operator": (
        "log_format = '[%START_TIME%] %RESPONSE_COD%'",
        "has %RESPONSE_COD%, an operator",
        "Did you mean %RESPONSE_CODE%?",
    ),
    "no time": ("log_format = '$remote_addr $status'", "writes no time", "Add $time_iso8601"),
    "no variable": ("log_format = 'combined'", "holds no variable", "Paste the whole directive"),
    "two ways to read": ("log_format = '$msec'\npattern = '(?P<ts>.*)'", "a log_format and a pattern", "Leave one"),
    "a format beside a log_format": ("log_format = '$msec'\nformat = 'caddy'", "format = 'caddy'", "Leave out format"),
    "a format beside a pattern": ("pattern = '(?P<ts>.*)'\nformat = 'caddy'", "format = 'caddy'", "or pattern."),
    "a format that needs more": ("format = 'pattern'", "needs a regular expression", "Write pattern"),
    "a column that there is none of": ("fields = { stauts = 'code' }", "fields has 'stauts'", "Did you mean 'status'?"),
    "a key that the log_format does not hold": (
        "log_format = '$remote_addr $msec'\nkey = { header = 'X-Api-Token' }",
        "holds no header X-Api-Token",
        "Add the key's header",
    ),
    "a proxy that is no address": ("trusted_proxies = ['10.0.0/8x']", "10.0.0/8x", ""),
    "a routes file that is not there": ("routes = 'openapi.yaml'", "openapi.yaml", ""),
}


@pytest.mark.parametrize("lines", RIGHT.values(), ids=RIGHT)
def test_what_is_right_of_a_source_passes(cli: Cli, lines: str) -> None:
    cli.configure(f'[[sources]]\nname = "edge"\npath = "access.log"\n{lines}\n')

    done = cli("config", "check")

    assert done.code == 0, done.err


@pytest.mark.parametrize(("lines", "said", "hint"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_of_a_source_is_told_with_what_to_do(cli: Cli, lines: str, said: str, hint: str) -> None:
    cli.configure(f'[[sources]]\nname = "edge"\npath = "access.log"\n{lines}\n')

    done = cli("config", "check")

    assert done.code == 4, done.err
    assert "The source edge: " in done.err
    assert said in done.err
    assert hint in done.err
