import type { z } from 'zod'

/** A value in the browser's storage of this origin; what cannot be read counts as absent, what cannot be stored is forgotten with the page. */
export const stored = <T>(
  storage: () => Storage,
  key: string,
  schema: z.ZodType<T>,
): { read: () => T | undefined; write: (value: T | undefined) => void } => {
  let memory: T | undefined
  return {
    read() {
      try {
        const text = storage().getItem(key)
        const parsed = schema.safeParse(text === null ? undefined : JSON.parse(text))
        return parsed.success ? parsed.data : undefined
      } catch {
        return memory
      }
    },
    write(value) {
      memory = value
      try {
        if (value === undefined) storage().removeItem(key)
        else storage().setItem(key, JSON.stringify(value))
      } catch {
        // Storage that is full or forbidden.
      }
    },
  }
}
