export { logctl, type LogctlContext } from './logctl.ts'
export { escapeControls, escapeLines } from '@logpipe/runtime/terminal'
export type { StatusReport } from './status/report.ts'
