"""What somebody meets who types a command wrong, or starts one twice."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import harness
from harness import Echo, Gateway, api


def perigee(*arguments):
    """(exit code, standard output, standard error)"""
    done = subprocess.run([harness.BINARY, *arguments], capture_output=True, text=True, timeout=harness.PATIENCE)
    return done.returncode, done.stdout, done.stderr


def secured(folder, certificate, key, protocols="TLSv1.3"):
    return (f"http:\n  port: 0\n  secured: true\n  ssl:\n    tlsProtocols: {protocols}\n    keystore:\n      type: pem\n"
            f"      certificates: [{{cert: {folder / certificate}, key: {folder / key}}}]\n")


class CommandLine(unittest.TestCase):
    def test_help_and_version_of_every_subcommand(self):
        for words in ([], ["gateway"], ["check"], ["echo"]):
            with self.subTest(words=words):
                code, text, _ = perigee(*words, "--help")
                self.assertEqual(code, 0)
                self.assertIn("Usage: " + " ".join(["perigee", *words]), text)
                self.assertIn("Exit codes:", text)
                code, text, _ = perigee(*words, "--version")
                self.assertEqual(code, 0)
                self.assertRegex(text, r"^perigee \d+\.\d+\.\d+ \(.+\)\nbuilt by clang/")

    def test_help_is_a_word_too(self):
        for words in ([], ["gateway"], ["check"], ["echo"]):
            with self.subTest(words=words):
                self.assertEqual(perigee("help", *words), perigee(*words, "--help"))

    def test_check_takes_definitions_as_the_gateway_does(self):
        with tempfile.TemporaryDirectory() as folder:
            file, logback = pathlib.Path(folder) / "gravitee.yml", pathlib.Path(folder) / "logback.xml"
            file.write_text("http: {port: eighty}\nservices: {core: {http: {enabled: false}}}\n")
            logback.write_text("<configuration><root level='${loud}'/></configuration>")
            for arguments, code, expected in [
                ((), 1, "http.port: expected a port, 0 to 65535, got 'eighty'"),
                (("-Dhttp.port=81",), 0, ": 0 errors, "),
                (("-Dhttp.port=82", "-D", "http.port=ninety"), 1, "error: -Dhttp.port: expected a port"),
                (("-Dhttp.port=81", "-Dhttp.prot=1"), 0, "-Dhttp.prot: unknown key; did you mean 'http.port'?"),
                (("-Dhttp.port=81", "-Dhttp.host="), 0, ": 0 errors, "),
            ]:
                with self.subTest(arguments=arguments):
                    got, text, _ = perigee("check", *arguments, file)
                    self.assertEqual(got, code, text)
                    self.assertIn(expected, text)
            self.assertIn("got 'LOUDER'", perigee("check", logback, "-Dloud=LOUDER")[1])

    def test_without_arguments_it_explains_itself(self):
        code, _, text = perigee()
        self.assertEqual(code, 2)
        self.assertIn("Subcommands:", text)

    def test_wrong_usage_names_the_subcommand(self):
        for arguments, expected in [
            (["gatway"], "perigee: no subcommand 'gatway'; did you mean 'gateway'?\nSee 'perigee --help'.\n"),
            (["nothing"], "perigee: no subcommand 'nothing'\nSee 'perigee --help'.\n"),
            (["gateway", "--nope"],
             "perigee gateway: The following argument was not expected: --nope\nSee 'perigee gateway --help'.\n"),
            (["gateway", "--confg", "x"], "perigee gateway: The following arguments were not expected: x --confg; did you "
             "mean '--config'?\nSee 'perigee gateway --help'.\n"),
            (["check", "--enviroment=1", "x"], "perigee check: The following argument was not expected: --enviroment=1; "
             "did you mean '--environment'?\nSee 'perigee check --help'.\n"),
            (["check", "--enviroment"], "perigee check: The following argument was not expected: --enviroment; "
             "did you mean '--environment'?\nSee 'perigee check --help'.\n"),
            (["--hlep"], "perigee: The following argument was not expected: --hlep; did you mean '--help'?\n"
             "See 'perigee --help'.\n"),
            (["help", "gatway"], "perigee: no subcommand 'gatway'; did you mean 'gateway'?\nSee 'perigee --help'.\n"),
            (["hepl"], "perigee: no subcommand 'hepl'; did you mean 'help'?\nSee 'perigee --help'.\n"),
            (["gateway", "-Dhttp.port"], "perigee gateway: -D: 'http.port': expected -Dhttp.port=VALUE; an empty VALUE "
             "makes the key empty\nSee 'perigee gateway --help'.\n"),
            (["check", "x", "-D=1"], "perigee check: -D: '=1': expected -DKEY=VALUE; an empty VALUE makes the key empty\n"
             "See 'perigee check --help'.\n"),
            (["check"], "perigee check: paths is required\nSee 'perigee check --help'.\n"),
            (["echo", "--port", "99999"],
             "perigee echo: --port: Value 99999 not in range 0 to 65535\nSee 'perigee echo --help'.\n"),
            (["echo", "--host", "no.such"], "perigee echo: --host: 'no.such' is not an IP address or localhost\n"),
        ]:
            with self.subTest(arguments=arguments):
                self.assertEqual(perigee(*arguments), (2, "", expected))

    def test_check_names_a_missing_file_once(self):
        code, text, _ = perigee("check", "/no/such.json", "/no/such.yml")
        self.assertEqual(code, 1)
        self.assertEqual(text, "error: /no/such.json: No such file or directory\n"
                               "error: /no/such.yml: No such file or directory\n"
                               "0 files checked: 2 errors, 0 warnings\n")

    def test_check_looks_into_directories_below(self):
        with tempfile.TemporaryDirectory() as folder:
            below = pathlib.Path(folder, "apis", "orders")
            below.mkdir(parents=True)
            (below / "broken.json").write_text("{")
            (below / ".hidden.json").write_text("{")
            code, text, _ = perigee("check", folder)
        self.assertEqual(code, 1)
        self.assertIn("orders/broken.json:1:2: not valid JSON: found the end of the text", text)
        self.assertIn("1 file checked: 1 error", text)

    def test_check_finds_what_two_definitions_of_a_folder_both_want(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "elsewhere").mkdir()
            for name, path, api_id in (("a", "/x", "one"), ("b", "/y", "one"), ("c", "/x", "two"),
                                       ("d", "/z", "three"), ("elsewhere/e", "/x", "one")):
                definition = harness.api("http://127.0.0.1:1", path, api_id)
                (folder / f"{name}.json").write_text(json.dumps(definition))
            code, text, _ = perigee("check", folder)
            self.assertEqual(code, 1)
            self.assertIn(f"error: {folder}/b.json: /id: API id 'one' is that of {folder}/a.json too",
                          text)
            self.assertIn(f"error: {folder}: API two ({folder}/c.json): path '/x/' on any host is already "
                          f"served by API one ({folder}/a.json), which goes on answering", text)
            self.assertIn("5 files checked: 2 errors, 0 warnings", text)

    def test_check_tells_of_a_path_that_a_shorter_one_hides(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, path in (("good", "/good"), ("root", "/")):
                definition = harness.api("http://127.0.0.1:1", path, name)
                pathlib.Path(folder, f"{name}.json").write_text(json.dumps(definition))
            code, text, _ = perigee("check", folder)
        self.assertEqual(code, 0)
        self.assertIn(f"warning: {folder}: API good ({folder}/good.json): path '/good/' on any host is never "
                      f"reached: API root ({folder}/root.json) answers, as its path '/' is shorter, and the "
                      "shorter one wins unless api.allowOverlappingContext is true", text)

    def test_check_reads_a_logback_xml(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "logback.xml"
            file.write_text("<configuration>\n<root level='LOUD'/></configuration>")
            _, text, _ = perigee("check", folder)
        self.assertIn(f"warning: {file}:2: level of 'ROOT': expected one of ALL", text)

    def test_check_tells_what_a_start_warns_about(self):
        with tempfile.TemporaryDirectory() as folder:
            gateway = self.enterContext(Gateway(
                yaml="el:\n  whitelist:\n    mode: replace\n    list:\n"
                     "    - class java.lang.Math\n    - class java.lang.Runtime\n    - klass x\n"
                     "services: {core: {http: {authentication: {type: none}}},\n"
                     "           sync: {local: {enabled: true, path: .}}}\n")).started()
            file = gateway.folder / "gravitee.yml"
            code, text, _ = perigee("check", file)
            values = pathlib.Path(folder) / "values.yaml"
            values.write_text("license: {key: LICENSE KEY}\ngateway:\n  el:\n    whitelist:\n"
                              "      list: [klass y]\n")
            code_of_values, text_of_values, _ = perigee("check", values)
        self.assertEqual((code, code_of_values), (0, 0))
        said = [f"{file}:6: el.whitelist.list[1]: 'class java.lang.Runtime': expressions here do not know",
                f"{file}:7: el.whitelist.list[2]: 'klass x': expected 'class C'",
                f"{file}:3: el.whitelist.mode: 'replace' takes nothing"]
        for line in said:
            self.assertIn("warning: " + line, text)
            self.assertIn(line, gateway.text())
        self.assertNotIn("java.lang.Math", text)
        self.assertIn("1 file checked: 0 errors, 3 warnings", text)
        self.assertIn(f"warning: {values}:1: license.key: not base64: the gateway starts", text_of_values)
        self.assertIn(f"warning: {values}:5: el.whitelist.list[0]: 'klass y'", text_of_values)

    def test_check_says_of_files_and_sources_what_a_start_says(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in "ab":
            harness.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                            "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt")
        none = "services: {core: {http: {enabled: false}}}\n"
        for yaml, severity, expected in [
            ("http: {port: 1}\nservices: {core: {http: {port: 1, host: 0.0.0.0}}}\n", "error",
             ":2: services.core.http.port: 1 is that of http.port too"),
            (secured(folder, "a.crt", "gone.key"), "error", "http.ssl.keystore.certificates[0].key: "),
            (secured(folder, "a.crt", "b.key"), "error", "http.ssl.keystore ("),
            (secured(folder, "a.crt", "a.key", "TLSv1.9"), "error", "TLSv1.9"),
            (secured(folder, "a.crt", "a.key") + "    tlsCiphers: TLS_NONE,TLS_AES_128_GCM_SHA256\n", "warning", "TLS_NONE"),
            ("http: {port: 0}\nratelimit: {type: redis, redis: {ssl: true, trustAll: false,\n"
             "  truststore: {type: pem, path: gone.pem}}}\n", "error", "ratelimit.redis.truststore.path: gone.pem: cannot be"),
            ("http: {port: 0}\nratelimit: {type: redis, redis: {ssl: true, trustAll: false, tlsProtocols: SSLv3}}\n",
             "error", "ratelimit.redis: none of the TLS protocols SSLv3 is served"),
            ("services: {sync: {local: {enabled: true, path: gone}}}\n", "error",
             "the folder of API definitions 'gone' cannot be read: No such file or directory; it is looked at again"),
            (none, "warning", "no source of API definitions is switched on; set services.sync.local.enabled"),
            ("http: {port: 0}\n", "warning", "services.core.http.authentication.users: no user: every route of the node"),
        ]:
            with self.subTest(yaml=yaml):
                file = folder / "gravitee.yml"
                file.write_text(yaml)
                code, text, _ = perigee("check", file)
                told = [line for line in text.splitlines() if expected in line]
                self.assertEqual((code, len(told)), (1 if severity == "error" else 0, 1), text)
                self.assertTrue(told[0].startswith(severity + ": "), told)
                # The start says the same, with neither its own folder nor its own user.
                silent = {key: None for key in (
                    "http.port", "services.core.http.port", "services.core.http.host",
                    f"services.core.http.authentication.users.{harness.ADMIN[0]}",
                    "services.sync.local.enabled", "services.sync.local.path")}
                if "port: 1" not in yaml:
                    silent |= {"http.port": "0", "services.core.http.port": harness.free_port()}
                gateway = self.enterContext(Gateway(silent, yaml=yaml))
                level = {"error": "ERROR", "warning": "WARN"}[severity]
                self.assertRegex(gateway.wait_for(expected), rf" {level} ")
                if severity == "warning":
                    gateway.started()  # before, it could not be stopped in order

    def test_check_names_the_line_of_a_store_that_cannot_be_used(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        file = folder / "gravitee.yml"
        for certificate, key, line in (("gone", file.name, 9), (file.name, "gone", 10), (file.name, file.name, 9)):
            file.write_text(f"http:\n  port: 0\n  secured: true\n  ssl:\n    tlsProtocols: TLSv1.3\n    keystore:\n"
                            f"      type: pem\n      certificates:\n        - cert: {folder / certificate}\n"
                            f"          key: {folder / key}\n")
            self.assertIn(f"error: {file}:{line}: http.ssl.keystore", perigee("check", file)[1])

    def test_check_tells_an_error_once(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        file = folder / "gravitee.yml"
        file.write_text("http: {requestTimeout: 30s}\n")
        code, text, _ = perigee("check", file, "-Dhttp.port=none", "-Dhttp.prot=1")
        self.assertEqual((code, text.splitlines()), (1, [
            "error: -Dhttp.port: expected a port, 0 to 65535, got 'none'",
            "warning: -Dhttp.prot: unknown key; did you mean 'http.port'?",
            f"error: {file}:1: http.requestTimeout: expected a whole number without a unit, got '30s'",
            "1 file checked: 2 errors, 1 warning"]))

    def test_check_says_nothing_of_a_start_that_does_not_come_that_far(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        file = folder / "gravitee.yml"
        file.write_text("http: {port: [\n")
        code, text, _ = perigee("check", file)
        self.assertEqual((code, text.splitlines()[-1]), (1, "1 file checked: 1 error, 0 warnings"), text)

    def test_check_does_not_look_for_the_files_of_a_chart(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        values = folder / "values.yaml"
        values.write_text("gateway:\n  services: {sync: {local: {enabled: true, path: /gone}}}\n")
        code, text, _ = perigee("check", values)
        self.assertEqual((code, text.splitlines()[-1]), (0, "1 file checked: 0 errors, 0 warnings"), text)

    def test_a_port_in_use_is_refused(self):
        echo = self.enterContext(Echo())
        port = echo.url.rsplit(":", 1)[1]
        code, _, text = perigee("echo", "--port", port)
        self.assertEqual(code, 1)
        self.assertIn(f"listening on 127.0.0.1:{port}: Address already in use", text)
        for key in ("http.port", "services.core.http.port"):
            with self.subTest(key=key):
                gateway = self.enterContext(Gateway({key: port, "perigee.http.listenAfterSync": "false"}))
                gateway.wait_for(f"{key}: listening on 127.0.0.1:{port}: Address already in use")
                self.assertEqual(gateway.wait(), 1)

    def test_an_address_that_is_not_ours_is_refused(self):
        for key in ("http", "services.core.http"):
            for host, told in (("no.such.invalid", f"{key}.host: 'no.such.invalid': "),
                               ("192.0.2.1", "no interface of this machine has this address")):
                with self.subTest(key=key, host=host):
                    gateway = self.enterContext(Gateway({key + ".host": host, "perigee.http.listenAfterSync": "false"}))
                    gateway.wait_for(told)
                    self.assertEqual(gateway.wait(), 1)

    def test_port_0_is_one_free_port_for_all_workers(self):
        echo = self.enterContext(Echo())
        gateway = self.enterContext(Gateway({"http.port": "0", "http.instances": "2"}, apis={"a.json": api(echo.url)}))
        line = gateway.started().wait_for("http: listening on http://127.0.0.1:")
        gateway.port = int(re.search(r":(\d+)$", line)[1])
        for _ in range(20):  # each on a connection of its own, so that both workers take some
            self.assertEqual(gateway.request("/a")[0], 200)


if __name__ == "__main__":
    harness.run()
