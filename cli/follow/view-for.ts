import type { Host } from '../host.ts'
import { jsonView } from './json-view.ts'
import { liveView } from './live-view.ts'
import { plainView } from './plain-view.ts'
import type { RunView } from './run-view.ts'

/** @returns bars on a terminal, JSON lines for programs, plain lines for everything else (logs, mail from cron) */
export const viewFor = (host: Host, json: boolean): RunView =>
  json ? jsonView(host) : host.stderr.isTTY ? liveView(host) : plainView(host)
