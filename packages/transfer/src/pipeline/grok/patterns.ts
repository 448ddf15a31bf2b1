import { programPatterns } from './patterns-programs.ts'

/** 0 to 255; as in all patterns here the next character alone tells how to go on, where that can be, since V8 may run those (ADR 4). */
const octet = '(?:1[0-9]{0,2}|2(?:[0-4][0-9]?|5[0-5]?|[6-9])?|[3-9][0-9]?|0)'

/** Words, numbers, addresses and paths, by the names that everybody uses. Written for RE2: no look at what stands before or behind. */
const basic: Record<string, string> = {
  USERNAME: String.raw`[a-zA-Z0-9._-]+`,
  USER: '%{USERNAME}',
  EMAILLOCALPART: String.raw`[a-zA-Z0-9!#$%&'*+/=?^_{|}~.-]+`,
  EMAILADDRESS: '%{EMAILLOCALPART}@%{HOSTNAME}',
  INT: String.raw`[+-]?[0-9]+`,
  BASE10NUM: String.raw`[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)`,
  NUMBER: '%{BASE10NUM}',
  BASE16NUM: String.raw`[+-]?(?:0x)?[0-9A-Fa-f]+`,
  BASE16FLOAT: String.raw`[+-]?(?:0x)?(?:[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?|\.[0-9A-Fa-f]+)`,
  POSINT: String.raw`[1-9][0-9]*`,
  NONNEGINT: String.raw`[0-9]+`,
  WORD: String.raw`\b\w+\b`,
  NOTSPACE: String.raw`\S+`,
  SPACE: String.raw`\s*`,
  DATA: '.*?',
  GREEDYDATA: '.*',
  GREEDYMULTILINE: String.raw`[\s\S]*`,
  QUOTEDSTRING: String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|` + '`(?:[^`\\\\]|\\\\.)*`',
  QS: '%{QUOTEDSTRING}',
  UUID: String.raw`[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}`,
  URN: String.raw`urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:[0-9a-zA-Z()+,.:=@;$_!*'/?#%-]+`,

  CISCOMAC: String.raw`(?:[A-Fa-f0-9]{4}\.){2}[A-Fa-f0-9]{4}`,
  WINDOWSMAC: String.raw`(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}`,
  COMMONMAC: String.raw`(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}`,
  MAC: '%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC}',
  // Groups longer than four digits are let through: counts would make the pattern several times as large.
  IPV6: [
    String.raw`(?:[0-9A-Fa-f]+:){7}[0-9A-Fa-f]+`,
    String.raw`(?:(?:[0-9A-Fa-f]+:)+|:):(?:[0-9A-Fa-f]+(?:[:.][0-9A-Fa-f]+)*)?(?:%[0-9A-Za-z]+)?`,
  ].join('|'),
  IPV4: String.raw`\b(?:${octet}\.){3}${octet}\b`,
  IP: '%{IPV6}|%{IPV4}',
  HOSTNAME: String.raw`\b[0-9A-Za-z][0-9A-Za-z_.-]*`,
  IPORHOST: '%{IP}|%{HOSTNAME}',
  HOSTPORT: '%{IPORHOST}:%{POSINT}',
  HOST: '%{HOSTNAME}',

  PATH: '%{UNIXPATH}|%{WINPATH}',
  UNIXPATH: String.raw`(?:/[\w%!$@:.,+~'{}\[\]()=&#*?|^;-]*)+`,
  TTY: String.raw`/dev/(?:pts|tty(?:[pq])?)(?:\w+)?/?(?:[0-9]+)?`,
  WINPATH: String.raw`(?:[A-Za-z]+:|\\)(?:\\[^\\?*]*)+`,
  URIPROTO: String.raw`[A-Za-z](?:[A-Za-z0-9+.-]+)?`,
  URIHOST: '%{IPORHOST}(?::%{POSINT})?',
  URIPATH: String.raw`(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+`,
  URIQUERY: String.raw`[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?<>\[\]-]*`,
  URIPARAM: String.raw`\?%{URIQUERY}`,
  URIPATHPARAM: '%{URIPATH}(?:%{URIPARAM})?',
  URI: '%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?',
}

/** Dates and times. */
const times: Record<string, string> = {
  // With the German ones, as everybody has it.
  MONTH: String.raw`\b(?:[Jj](?:an(?:uary?)?|u(?:n[ei]?|l[yi]?))|[Ff]eb(?:ruary?)?|[Mm](?:a(?:r(?:ch|z)?|[yi])|ärz?|rz?)|[Aa](?:pr(?:il)?|ug(?:ust)?)|[Ss]ep(?:t(?:ember)?)?|[Oo][ck]t(?:ober)?|[Nn]ov(?:ember)?|[Dd]e[cz](?:ember)?)\b`,
  MONTHNUM: '0[1-9]|1[0-2]?|[2-9]',
  MONTHNUM2: '0[1-9]|1[0-2]',
  MONTHDAY: '0[1-9]|[12][0-9]?|3[01]?|[4-9]',
  DAY: String.raw`\b(?:Mon(?:day)?|T(?:ue(?:sday)?|hu(?:rsday)?)|Wed(?:nesday)?|Fri(?:day)?|S(?:at(?:urday)?|un(?:day)?))\b`,
  YEAR: '[0-9]{2}(?:[0-9]{2})?',
  HOUR: '2[0-3]?|[01][0-9]?|[3-9]',
  MINUTE: '[0-5][0-9]',
  SECOND: '(?:[0-5][0-9]?|60?|[7-9])(?:[:.,][0-9]+)?',
  TIME: '%{HOUR}:%{MINUTE}:%{SECOND}',
  DATE_US: '%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}',
  DATE_EU: '%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}',
  DATE: '%{DATE_US}|%{DATE_EU}',
  DATESTAMP: '%{DATE}[- ]%{TIME}',
  ISO8601_TIMEZONE: 'Z|[+-]%{HOUR}(?::?%{MINUTE})',
  ISO8601_SECOND: '%{SECOND}',
  ISO8601_HOUR: '2[0-3]|[01][0-9]',
  TIMESTAMP_ISO8601: '%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?(?:%{ISO8601_TIMEZONE})?',
  TIMESTAMP_CN: String.raw`%{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:%{MINUTE}:%{SECOND}\.[0-9]{3}`,
  TZ: '[APMCEW][SDE]T|UTC|GMT|CES?T',
  DATESTAMP_RFC822: '%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}',
  DATESTAMP_RFC2822: '%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}',
  DATESTAMP_OTHER: '%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}',
  DATESTAMP_EVENTLOG: '%{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}',
  HTTPDERROR_DATE: '%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{YEAR}',
  HTTPDATE: '%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}',
  SYSLOGTIMESTAMP: '%{MONTH} +%{MONTHDAY} %{TIME}',
}

/** Every pattern that is known by name. */
export const knownPatterns: Readonly<Record<string, string>> = { ...basic, ...times, ...programPatterns }
