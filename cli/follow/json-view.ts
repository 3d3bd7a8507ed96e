import { type Host, printJson, tell } from '../host.ts'
import type { RunView } from './run-view.ts'

/** One JSON document per line: `{"event":"progress","run":…,"jobs":[…]}`, whenever something changed. */
export const jsonView = (host: Host): RunView => {
  let last = ''
  return {
    update: snapshot => {
      const now = JSON.stringify(snapshot)
      if (now === last) return
      last = now
      printJson(host, { event: 'progress', ...snapshot })
    },
    note: text => tell(host, text),
    end: () => {},
  }
}
