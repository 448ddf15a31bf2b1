/** Entries that show what can be said; a test reads them, and docs/config.md quotes them. */
export const sampleEntries = `entries:
  # What is least.
  - { path: "/var/log/nginx/*.log", topic: web_log }

  # A Java program: stack traces are one event, noise stays here, card numbers never leave the host.
  - path: "/srv/app/logs/*.log"
    exclude: ["/srv/app/logs/gc*.log"]
    topic: app_log
    multiline: { start: '^\\d{4}-\\d\\d-\\d\\d ' }
    excludeLines: [' DEBUG ']
    redact: ['\\b\\d{16}\\b', { pattern: 'token=\\w+', replace: 'token=…' }]

  # Containers of Kubernetes: the programs' own lines, Python traces joined.
  - { path: "/var/log/pods/*/*/*.log", topic: pod_log, container: cri, multiline: { preset: python } }

  # An old program: another encoding, at most 2,000 lines a second, files deleted a week after all of them has arrived.
  - path: "/srv/legacy/out/*.txt"
    topic: legacy_log
    encoding: gbk
    onLongLine: deadLetter
    rateLimit: { lines: 2000 }
    ignoreOlder: 30d
    deleteAfter: 7d
`
