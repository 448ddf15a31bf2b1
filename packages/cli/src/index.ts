export { logctl, type LogctlContext } from './logctl.ts'
export { escapeControls, escapeLines } from './output/escape.ts'
export type { StatusReport } from './status/report.ts'
