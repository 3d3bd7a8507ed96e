import type { MemoryObjectStore } from '#adapters/memory/object-store.ts'

export const keysOf = (store: MemoryObjectStore, prefix: string): string[] =>
  [...store.objects.keys()].filter(key => key.startsWith(prefix)).sort()

export const bytesOf = (store: MemoryObjectStore, key: string): Uint8Array => {
  const found = store.objects.get(key)
  if (!found) throw new Error(`no object ${key}`)
  return found.bytes
}

/** Puts other bytes in an object's place: what no port lets anybody do. */
export const replace = (store: MemoryObjectStore, key: string, bytes: Uint8Array): void => {
  store.objects.set(key, { bytes, modified: 0 })
}

export const flipBit = (store: MemoryObjectStore, key: string, at: number, bit = 0): void => {
  const bytes = Uint8Array.from(bytesOf(store, key))
  bytes[at] = (bytes[at] as number) ^ (1 << bit)
  replace(store, key, bytes)
}

export const swap = (store: MemoryObjectStore, a: string, b: string): void => {
  const first = bytesOf(store, a)
  replace(store, a, bytesOf(store, b))
  replace(store, b, first)
}

/** A store with the same objects, to be damaged on its own. */
export const copyOf = (store: MemoryObjectStore, into: MemoryObjectStore): MemoryObjectStore => {
  for (const [key, object] of store.objects) into.objects.set(key, object)
  return into
}

export const removeAll = (store: MemoryObjectStore, prefix: string): void => {
  for (const key of keysOf(store, prefix)) store.objects.delete(key)
}
