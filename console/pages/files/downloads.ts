import type { Note } from './contents.ts'

/** What somebody downloads, or has downloaded while the page is shown. */
export interface Download {
  id: string
  volume: string
  path: string
  /** As it is called in the guest. */
  name: string
  isFolder: boolean
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  bytes: number
  /** Where it is known how much there is. */
  size?: number | undefined
  savedAs?: string
  notes?: readonly Note[]
  error?: unknown
  /** What keeps it from going on. */
  trouble?: unknown
}

export type DownloadEvent =
  | {
      type: 'ask'
      download: Pick<Download, 'id' | 'volume' | 'path' | 'name' | 'isFolder' | 'size'>
    }
  | { type: 'begin'; id: string }
  | { type: 'progress'; id: string; bytes: number; size?: number | undefined }
  | { type: 'trouble'; id: string; trouble: unknown }
  | { type: 'done'; id: string; bytes: number; savedAs: string; notes: readonly Note[] }
  | { type: 'failed'; id: string; error: unknown }
  /** The look ended in its midst: it begins anew with the next. */
  | { type: 'interrupted'; id: string }
  | { type: 'cancel' | 'retry'; id: string }
  | { type: 'remove'; id: string }

/** The newest first. What comes of one that was cancelled meanwhile is heard no more. */
export const downloads = (all: readonly Download[], event: DownloadEvent): readonly Download[] => {
  if (event.type === 'ask') return [{ ...event.download, state: 'waiting', bytes: 0 }, ...all]
  if (event.type === 'remove') return all.filter(({ id }) => id !== event.id)
  return all.map(one => (one.id === event.id ? next(one, event) : one))
}

type OfOne = Exclude<DownloadEvent, { type: 'ask' | 'remove' }>

const next = (one: Download, event: OfOne): Download => {
  const { id, volume, path, name, isFolder } = one
  const anew = { id, volume, path, name, isFolder, bytes: 0, size: one.size }
  if (event.type === 'retry') return isOpen(one) ? one : { ...anew, state: 'waiting' }
  if (event.type === 'cancel') return isOpen(one) ? { ...anew, state: 'cancelled' } : one
  if (event.type === 'begin') return one.state === 'waiting' ? { ...anew, state: 'running' } : one
  if (one.state !== 'running') return one
  switch (event.type) {
    case 'interrupted':
      return { ...anew, state: 'waiting' }
    case 'progress':
      return { ...one, bytes: event.bytes, size: event.size ?? one.size, trouble: undefined }
    case 'trouble':
      return { ...one, trouble: event.trouble }
    case 'done': {
      const { bytes, savedAs, notes } = event
      return { ...anew, state: 'done', bytes, savedAs, notes }
    }
    case 'failed':
      return { ...anew, state: 'failed', error: event.error }
  }
}

export const isOpen = ({ state }: Download): boolean => state === 'waiting' || state === 'running'

/** One at a time, in the order they were asked for: the gateway answers so, too. */
export const dueOf = (all: readonly Download[]): Download | undefined =>
  all.find(({ state }) => state === 'running') ?? all.findLast(({ state }) => state === 'waiting')
