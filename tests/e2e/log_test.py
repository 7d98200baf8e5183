"""logback.xml of the gateway's home: pattern, levels, the file of the day."""
import pathlib
import re
import signal
import tempfile
import unittest

import clean
import harness

LOGBACK = """<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{yyyy-MM-dd} %level |%-5level| %logger{0}: %msg%n</pattern></encoder>
  </appender>
  <appender name="FILE" class="ch.qos.logback.core.rolling.RollingFileAppender">
    <rollingPolicy class="ch.qos.logback.core.rolling.TimeBasedRollingPolicy">
      <fileNamePattern>elsewhere_%d.log</fileNamePattern>
    </rollingPolicy>
    <encoder><pattern>%d{yyyy-MM-dd} %level |%-5level| %logger{0}: %msg%n</pattern></encoder>
  </appender>
  <logger name="io.gravitee.gateway.standalone" level="OFF"/>
  <root level="INFO"><appender-ref ref="STDOUT"/><appender-ref ref="FILE"/></root>
</configuration>
"""


class Logback(unittest.TestCase):
    def test_is_read_from_the_home(self):
        home = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (home / "config").mkdir()
        (home / "config" / "logback.xml").write_text(LOGBACK)
        gateway = clean.start(self, {"gravitee.home": home})
        line = gateway.wait_for(" started in ")
        self.assertRegex(line, r"^\d{4}-\d\d-\d\d INFO \|INFO \| Container: Gravitee.io - API Gateway id")
        self.assertIn("without effect here: <rollingPolicy>", gateway.text())
        levels = gateway.node_json("/_node/logging")
        self.assertEqual(levels, {"ROOT": "INFO", "io.gravitee.gateway.standalone": "OFF"})
        gateway.signal(signal.SIGTERM)
        gateway.wait()  # a line comes to the console before it comes to the file
        files = list((home / "logs").iterdir())
        self.assertEqual(len(files), 1, files)
        self.assertRegex(files[0].name, re.compile(r"^gravitee_\d{4}-\d\d-\d\d\.log$"))
        self.assertIn(line, files[0].read_text())


if __name__ == "__main__":
    harness.run()
