/**
 * Does `work` now and again each `ms` after it has ended; one that failed is told and tried again the next time.
 * @returns stops it, once the work that is under way has ended
 */
export const every = (
  ms: number,
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
): { stop: () => Promise<void> } => {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const round = async (): Promise<void> => {
    await work().catch(onError)
    if (!stopped) timer = setTimeout(start, ms)
  }
  let current: Promise<void>
  const start = () => {
    current = round()
  }
  start()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await current
    },
  }
}
