import type { HandlerTask } from './context.ts'

/** Reports progress in whole percents, so that a fast stream does not flood the event queue. */
export function percentOf(task: HandlerTask): (fraction: number) => void {
  let reported = 0
  return fraction => {
    const percent = Math.floor(fraction * 100)
    if (percent <= reported) return
    reported = percent
    task.progress(percent / 100)
  }
}
