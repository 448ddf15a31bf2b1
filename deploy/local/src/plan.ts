/** What the planners of the single servers share. */
export interface PlanContext {
  /** Data and settings of the servers, one folder each. */
  dataFolder: string
  /** Their logs, one file each. */
  logFolder: string
  onProgress: (text: string) => void
  signal: AbortSignal
}
