import type { FileSystem } from '#file-tree/file-system.ts'
import { nativeFileSystem } from '#file-tree/native.ts'

type Calls = { [method in keyof FileSystem]?: FileSystem[method] }

/**
 * The system's own calls, counted, some of them replaced.
 * @param replaced gets the real ones, to be called within
 */
export const spiedSystem = async (replaced: (real: FileSystem) => Calls = () => ({})) => {
  const real = await nativeFileSystem()
  if (!real) throw new Error('the calls of this system cannot be made: did koffi load?')
  const counts: Record<string, number> = {}
  const instead: Record<string, unknown> = replaced(real)
  const system = new Proxy(real, {
    get: (target, method: string) => {
      const called = instead[method] ?? Reflect.get(target, method)
      if (typeof called !== 'function') return called
      return (...given: unknown[]) => {
        counts[method] = (counts[method] ?? 0) + 1
        return Reflect.apply(called, target, given)
      }
    },
  })
  return { system, counts, real }
}
