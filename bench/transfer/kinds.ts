/** What `--only` can name. */
export const kinds = ['plain', 'nginx', 'rsyslog', 'decode', 'twoInstances'] as const
export type Kind = (typeof kinds)[number]
