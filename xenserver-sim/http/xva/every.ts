/** Lets the work happen at most every so many milliseconds, however often it is asked for. */
export function every(milliseconds: number, clock: () => Date, work: (now: number) => void) {
  let last = clock().getTime()
  return () => {
    const now = clock().getTime()
    if (now - last < milliseconds) return
    last = now
    work(now)
  }
}
