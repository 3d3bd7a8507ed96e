import type { Patience } from '#gateway-agent/control/patience.ts'

/** Waits are over at once, after everything else had its turn. */
export const impatience: Patience = {
  wait: () => new Promise(resolve => setImmediate(resolve)),
}

/**
 * Polls `ready` until it holds. A wait that succeeds takes no longer for a generous limit, so that only a machine says no whose work is
 * never done, not one that has much to do; below the shortest limit of a test (30 s), which would not tell what was waited for.
 * @throws when it does not within `ms`
 */
export const until = async (
  what: string,
  ready: () => boolean | Promise<boolean>,
  { ms = 20_000, everyMs = 5 }: { ms?: number; everyMs?: number } = {},
): Promise<void> => {
  const deadline = Date.now() + ms
  while (!(await ready())) {
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain: ${what}`)
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
}

/** A log that keeps its lines. */
export const memoryLog = () => {
  const lines: string[] = []
  const described = (error: unknown) =>
    error === undefined ? '' : `: ${(error as { code?: string }).code ?? error}`
  return {
    lines,
    info: (line: string) => void lines.push(line),
    warn: (line: string, error?: unknown) => void lines.push(`${line}${described(error)}`),
    error: (line: string, error?: unknown) => void lines.push(`${line}${described(error)}`),
  }
}
