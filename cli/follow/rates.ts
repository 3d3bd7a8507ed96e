import type { JobView } from '#core/contracts/runs-api.ts'

/** Progress arrives with the gateway's heartbeats; the rate is taken over the last of them. */
const SAMPLES = 6

export interface Pace {
  /** bytes of disk per second */
  rate: number
  secondsLeft: number
}

/** Remembers what each job told of its progress. @returns the pace of a job, or undefined while it cannot be known */
export const rates = (): ((job: JobView) => Pace | undefined) => {
  const seen = new Map<string, { at: number; done: number; phase: string }[]>()
  return ({ jobId, progress, progressAt }) => {
    if (!progress || progressAt === undefined) return undefined
    const samples = seen.get(jobId) ?? []
    const last = samples.at(-1)
    // A new phase, or fewer bytes than before (the job was started again), is measured anew.
    if (last && (progress.bytesDone < last.done || progress.phase !== last.phase))
      samples.length = 0
    if (progressAt !== samples.at(-1)?.at)
      samples.push({ at: progressAt, done: progress.bytesDone, phase: progress.phase })
    if (samples.length > SAMPLES) samples.shift()
    seen.set(jobId, samples)

    const first = samples[0]
    if (!first || progressAt <= first.at) return undefined
    const rate = ((progress.bytesDone - first.done) * 1_000) / (progressAt - first.at)
    if (rate <= 0 || progress.bytesTotal <= progress.bytesDone) return undefined
    return { rate, secondsLeft: (progress.bytesTotal - progress.bytesDone) / rate }
  }
}
