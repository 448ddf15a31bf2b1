const httpd = '%{IPORHOST:source.address} (?:-|%{HTTPDUSER:apache.access.user.identity}) (?:-|%{HTTPDUSER:user.name})'
/** What stands between quotes; quotes in it are escaped. */
const quoted = String.raw`(?:[^"\\]|\\.)*`
const request = String.raw`(?:%{WORD:http.request.method} %{HTTPDTARGET:url.original}(?: HTTP/%{NUMBER:http.version})?|%{HTTPDQUOTED:http.request.line})`
const response = '(?:-|%{NONNEGINT:http.response.status_code:int}) (?:-|%{NONNEGINT:http.response.body.bytes:int})'

/** Lines of programs, by the names that everybody uses; their fields are those of ECS. */
export const programPatterns: Record<string, string> = {
  LOGLEVEL:
    '[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nf(?:o(?:rmation)?)?|INF(?:O(?:RMATION)?)?|[Ww]ar(?:n(?:ing)?)?|WAR(?:N(?:ING)?)?|[Ee]r(?:r(?:or)?)?|ER(?:R(?:OR)?)?|[Cc]ri(?:t(?:ical)?)?|CRI(?:T(?:ICAL)?)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|[Ee]merg(?:ency)?|EMERG(?:ENCY)?',

  PROG: String.raw`[!-Z\\^-~]+`,
  SYSLOGPROG: String.raw`%{PROG:process.name}(?:\[%{POSINT:process.pid:int}\])?`,
  SYSLOGHOST: '%{IPORHOST}',
  SYSLOGFACILITY: '<%{NONNEGINT:log.syslog.facility.code:int}.%{NONNEGINT:log.syslog.priority:int}>',
  SYSLOGBASE: '%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:host.hostname} %{SYSLOGPROG}:',
  SYSLOGBASE2:
    '(?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp})(?: %{SYSLOGFACILITY})?(?: %{SYSLOGHOST:host.hostname})?(?: %{SYSLOGPROG}:)?',
  SYSLOGPAMSESSION: String.raw`%{SYSLOGBASE} %{DATA:system.auth.pam.session_state} for user %{USERNAME:user.name}(?: by %{GREEDYDATA})?`,
  SYSLOGLINE: '%{SYSLOGBASE2} %{GREEDYDATA:log.content}',
  SYSLOG5424PRINTASCII: '[!-~]+',
  SYSLOG5424PRI: '<%{NONNEGINT:log.syslog.priority:int}>',
  SYSLOG5424SD: String.raw`\[%{DATA}\]+`,
  SYSLOG5424BASE:
    '%{SYSLOG5424PRI}%{NONNEGINT:log.syslog.version} +(?:-|%{TIMESTAMP_ISO8601:timestamp}) +(?:-|%{IPORHOST:host.hostname}) +(?:-|%{SYSLOG5424PRINTASCII:process.name}) +(?:-|%{SYSLOG5424PRINTASCII:log.syslog.procid}) +(?:-|%{SYSLOG5424PRINTASCII:log.syslog.msgid}) +(?:-|%{SYSLOG5424SD})?',
  SYSLOG5424LINE: '%{SYSLOG5424BASE} +%{GREEDYDATA:log.content}',

  HTTPDUSER: String.raw`[a-zA-Z0-9._@!#$%&'*+/=?^{|}~-]+`,
  HTTPDQUOTED: quoted,
  HTTPDTARGET: String.raw`(?:[^\s"\\]|\\.)+`,
  COMMONAPACHELOG: String.raw`${httpd} \[%{HTTPDATE:timestamp}\] "${request}" ${response}`,
  COMBINEDAPACHELOG:
    '%{COMMONAPACHELOG} "(?:-|%{HTTPDQUOTED:http.request.referrer})" "(?:-|%{HTTPDQUOTED:user_agent.original})"',
  HTTPD_COMMONLOG: '%{COMMONAPACHELOG}',
  HTTPD_COMBINEDLOG: '%{COMBINEDAPACHELOG}',
  HTTPD20_ERRORLOG: String.raw`\[%{HTTPDERROR_DATE:timestamp}\] \[%{LOGLEVEL:log.level}\] (?:\[client %{IPORHOST:source.address}\] )?%{GREEDYDATA:log.content}`,
  HTTPD24_ERRORLOG: String.raw`\[%{HTTPDERROR_DATE:timestamp}\] \[(?:%{WORD:apache.error.module})?:%{LOGLEVEL:log.level}\] \[pid %{POSINT:process.pid:int}(?::tid %{INT:process.thread.id:int})?\](?: \[client %{IPORHOST:source.address}(?::%{POSINT:source.port:int})?\])? %{GREEDYDATA:log.content}`,
  HTTPD_ERRORLOG: '%{HTTPD20_ERRORLOG}|%{HTTPD24_ERRORLOG}',

  JAVACLASS: String.raw`[a-zA-Z$_][a-zA-Z$_0-9]*(?:\.[a-zA-Z$_][a-zA-Z$_0-9]*)*`,
  JAVAFILE: '[a-zA-Z$_0-9. -]+',
  JAVAMETHOD: String.raw`<(?:cl)?init>|[a-zA-Z$_][a-zA-Z$_0-9]*`,
  JAVATHREAD: '[A-Z]{2}-Processor[0-9]+',
  JAVASTACKTRACEPART: String.raw`\s*at %{JAVACLASS:java.log.origin.class.name}\.%{JAVAMETHOD:log.origin.function}\(%{JAVAFILE:log.origin.file.name}(?::%{INT:log.origin.file.line:int})?\)`,
  JAVALOGMESSAGE: '.*',
  CATALINA_DATESTAMP: '%{MONTH} %{MONTHDAY}, %{YEAR} %{HOUR}:%{MINUTE}:%{SECOND} (?:AM|PM)',
  CATALINALOG: '%{CATALINA_DATESTAMP:timestamp} %{JAVACLASS:log.logger} %{JAVALOGMESSAGE:log.content}',
  TOMCAT_DATESTAMP: '%{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{TIME} %{ISO8601_TIMEZONE}',
  TOMCATLOG: String.raw`%{TOMCAT_DATESTAMP:timestamp} \| %{LOGLEVEL:log.level} \| %{JAVACLASS:log.logger} - %{JAVALOGMESSAGE:log.content}`,

  REDISTIMESTAMP: '%{MONTHDAY} %{MONTH} (?:%{YEAR} )?%{TIME}',
  REDISLOG: String.raw`\[%{POSINT:process.pid:int}\] %{REDISTIMESTAMP:timestamp} \*`,
  POSTGRESQL: String.raw`%{TIMESTAMP_ISO8601:timestamp} %{TZ:event.timezone} (?:%{NOTSPACE:user.name} %{NOTSPACE:postgresql.log.database} )?`,
  CRON_ACTION: '[A-Z ]+',
  CRONLOG: String.raw`%{SYSLOGBASE} \(%{USER:user.name}\) %{CRON_ACTION:system.cron.action} \(%{DATA:log.content}\)`,
}
