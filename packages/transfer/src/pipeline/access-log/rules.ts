/** Where the value of a variable goes, and how it is read. */
export type Rule =
  /** `plainText`: the server writes it without escapes. `whole`: a whole number. `ip`: left out where it is no address. */
  | { readonly kind: 'text' | 'plainText' | 'whole' | 'ip'; readonly path: string }
  | { readonly kind: 'address'; readonly path: string; readonly ipPath: string }
  /** A time span, or several of them (`0.010, 0.005 : -`) as one; `perUnit`: nanoseconds in one. */
  | { readonly kind: 'duration'; readonly path: string; readonly perUnit: number }
  /** The time of the event. */
  | { readonly kind: 'moment'; readonly format: string }
  | { readonly kind: 'domain' | 'serverName' | 'forwarded' | 'protocol' | 'query' | 'request' | 'skip' }

const nsPerSecond = 1e9

const rules: Record<string, Rule> = {
  args: { kind: 'query' },
  body_bytes_sent: whole('http.response.body.bytes'),
  bytes_sent: whole('http.response.bytes'),
  content_length: whole('http.request.body.bytes'),
  content_type: text('http.request.mime_type'),
  host: { kind: 'domain' },
  http_host: { kind: 'domain' },
  http_referer: text('http.request.referrer'),
  http_user_agent: text('user_agent.original'),
  http_x_forwarded_for: { kind: 'forwarded' },
  msec: { kind: 'moment', format: 'UNIX' },
  peer_addr: { kind: 'ip', path: 'client.ip' },
  pid: whole('process.pid'),
  query_string: { kind: 'query' },
  remote_addr: { kind: 'address', path: 'source.address', ipPath: 'source.ip' },
  remote_ident: { kind: 'skip' },
  remote_port: whole('source.port'),
  remote_user: text('user.name'),
  request: { kind: 'request' },
  request_id: text('http.request.id'),
  request_length: whole('http.request.bytes'),
  request_method: plainText('http.request.method'),
  request_microseconds: duration('event.duration', 1e3),
  request_milliseconds: duration('event.duration', 1e6),
  request_time: duration('event.duration', nsPerSecond),
  request_uri: text('url.original'),
  scheme: plainText('url.scheme'),
  server_addr: { kind: 'address', path: 'destination.address', ipPath: 'destination.ip' },
  server_name: { kind: 'serverName' },
  server_port: whole('destination.port'),
  server_protocol: { kind: 'protocol' },
  ssl_cipher: plainText('tls.cipher'),
  ssl_server_name: plainText('tls.client.server_name'),
  status: whole('http.response.status_code'),
  tid: whole('process.thread.id'),
  time_iso8601: { kind: 'moment', format: 'ISO8601' },
  time_local: { kind: 'moment', format: 'dd/MMM/yyyy:HH:mm:ss Z' },
  uri: text('url.path'),
}

/** What is done with a variable's value; what ECS has no place for goes to `<server>.access.<variable>`. */
export function ruleOf(variable: string, server: 'nginx' | 'apache'): Rule {
  const known = Object.hasOwn(rules, variable) ? rules[variable] : undefined
  if (known !== undefined) return known
  const timed = /^(\w+)_time$/.exec(variable)
  if (timed !== null) return duration(`${server}.access.${timed[1]}_duration`, nsPerSecond)
  return text(`${server}.access.${variable}`)
}

function text(path: string): Rule {
  return { kind: 'text', path }
}

function plainText(path: string): Rule {
  return { kind: 'plainText', path }
}

function whole(path: string): Rule {
  return { kind: 'whole', path }
}

function duration(path: string, perUnit: number): Rule {
  return { kind: 'duration', path, perUnit }
}
