import type { JobOutcome } from '../contracts/jobs.ts'

type Outcome = Extract<JobOutcome, { status: 'replicated' | 'failed-over' | 'rejoined' }>

const MIB = 1024 * 1024

const instant = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** What became of a standby, in one sentence. */
export const standbyLine = ({ status, report }: Outcome): string => {
  const { standbyName, taken, written, bytesWritten, readBack, states, started } = report
  const holds = `holds the state of ${instant(taken)}`
  if (status === 'failed-over')
    return `"${standbyName}" is the machine now and ${holds}${started ? '; it was started' : '; it is not started'}.`
  if (status === 'rejoined') return `"${standbyName}" is a standby again and ${holds}.`
  const size = `${Math.ceil(bytesWritten / MIB)} MiB`
  const how = {
    all: `written in full (${size})`,
    changes: `only what changed was written (${size})`,
    same: 'there was nothing to write',
  }[written]
  const proof = readBack
    ? 'read back and equal to the recovery point'
    : 'what was sent is proven, the standby was not read back'
  return `"${standbyName}" ${holds}: ${how}; ${proof}; ${earlier(states.length - 1)}.`
}

const earlier = (count: number): string =>
  count <= 0
    ? 'no earlier state is kept'
    : count === 1
      ? 'an earlier state is kept'
      : `${count} earlier states are kept`
