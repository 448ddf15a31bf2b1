/** What `--only` can name; also the keys of the JSON line. */
export const kinds = ['putToFirstLine', 'reconcile1000', 'agents1000', 'progress1000'] as const
export type Kind = (typeof kinds)[number]
