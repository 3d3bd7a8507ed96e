import { execFileSync } from 'node:child_process'

/** Lets the disk finish with what came before, so that nobody pays for another's writes. */
export const settle = <T>(work: () => Promise<T>): Promise<T> => {
  execFileSync('sync')
  return work()
}
