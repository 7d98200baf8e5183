"""A gateway that must also end well: by SIGTERM, with code 0 and nothing of a sanitizer in its log."""
import re
import signal

from harness import Gateway

COMPLAINT = re.compile(r"Sanitizer|runtime error:|broken invariant")


def start(test, keys=None, **options):
    """Started; when the test is over it is stopped and looked at."""
    gateway = test.enterContext(Gateway(keys, **options)).started()
    test.addCleanup(check_end, test, gateway)
    return gateway


def check_end(test, gateway):
    gateway.signal(signal.SIGTERM)
    code = gateway.wait()
    complaints = [line for line in gateway.text().splitlines() if COMPLAINT.search(line)]
    test.assertEqual((code, complaints), (0, []), gateway.text())
