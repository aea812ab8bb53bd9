"""`python -m yunzu_portal`: serve the centre of the home in YUNZU_HOME; `openapi`: print the document."""

import json
import sys

from yunzu.embedded import api, bootstrap, given, keys, ports
from yunzu.errors import YunzuError
from yunzu.services.requests.office import office_of
from yunzu.settings import Settings
from yunzu_portal.application import application, openapi
from yunzu_portal.identity import Portal
from yunzu_portal.serving import Door, log_to_stderr, server
from yunzu_stacks.centre import records_of


def main() -> int:
    """Exit code as the command's: 0 stopped, 1 failed, 5 the records do not answer."""
    if sys.argv[1:] == ["openapi"]:
        sys.stdout.write(json.dumps(openapi(), ensure_ascii=False, indent=2) + "\n")
        return 0
    log_to_stderr()
    try:
        _serve(given.read(Settings().home))
    except YunzuError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


def _serve(settings: Settings) -> None:
    site = bootstrap.recalled(settings)
    pair = site.pki.pair(api.NAME)
    door = Door(site.address, site.ports[api.NAME], pair.certificate, pair.key)
    if not ports.is_free(door.address, door.port):
        fact = f"listens at {site.url(api.NAME)} already"
        raise YunzuError("API", fact, "`yunzu up` keeps it running; see `yunzu status`")
    with records_of(settings) as records:
        portal = Portal(office_of(settings, records), keys.operator_key(site.home))
        server(application(portal), door).run()


if __name__ == "__main__":
    sys.exit(main())
