import { approvalLine } from '../access/approval.ts'
import type { Run, RunEntry } from './run.ts'

/** Of one run; whoever redrives more often than that is told by the audit records. */
const MOST = 50
const LENGTH = 500 // characters

/** The run with what somebody did to it. */
export const noted = (run: Run, at: number, text: string): Run => ({
  ...run,
  log: [...(run.log ?? []), { at, text: text.slice(0, LENGTH) }].slice(-MOST),
})

const ENDS: Partial<Record<Run['state'], string>> = {
  'action-required': 'a person has to do the next step',
}

/** What happened to a run, in order; what its jobs did they tell themselves. */
export const logOf = ({
  started,
  startedBy,
  retryOf,
  goesOnFrom,
  approval,
  state,
  ended,
  log = [],
}: Run): RunEntry[] => {
  const by = startedBy === undefined ? '' : ` by ${startedBy}`
  const again = retryOf === undefined ? '' : `, to try again what failed in run ${retryOf}`
  const goesOn = goesOnFrom === undefined ? '' : `, to go on from run ${goesOnFrom}`
  const { approvedAt, approvedBy } = approval ?? {}
  const entries: RunEntry[] = [
    { at: started, text: `asked for${by}${again}${goesOn}` },
    ...(approval ? [{ at: started, text: approvalLine(approval) }] : []),
    ...(approvedAt === undefined ? [] : [{ at: approvedAt, text: `approved by ${approvedBy}` }]),
    ...log,
    ...(ended === undefined ? [] : [{ at: ended, text: `ended: ${ENDS[state] ?? state}` }]),
  ]
  return entries
    .map(({ at, text }) => ({ at, text: text.slice(0, LENGTH) }))
    .sort((a, b) => a.at - b.at)
}
