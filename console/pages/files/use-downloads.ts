import { useEffect, useReducer } from 'react'
import { ulid } from 'ulid'
import { useApi } from '../../api/context.tsx'
import { saveBlob } from '../../components/download.ts'
import { useLeaveWarning } from '../../components/leave-warning.ts'
import { askGuest, type OpenLook } from './answer.ts'
import { assemble } from './assemble.ts'
import { type Download, downloads, dueOf, isOpen } from './downloads.ts'
import { saveName } from './names.ts'

/**
 * Downloads, one after the other; what is asked for while no look is open begins when one is.
 * @param asking where questions may be asked now
 */
export const useDownloads = (asking: OpenLook | undefined) => {
  const { client } = useApi()
  const [all, tell] = useReducer(downloads, [])
  const due = asking && dueOf(all)
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each download and look
  useEffect(() => {
    if (!asking || !due) return undefined
    const { id, volume, path } = due
    const leaving = new AbortController()
    const { signal } = leaving
    tell({ type: 'begin', id })
    const question = { what: 'download', volume, path } as const
    const answer = askGuest(asking, question, {
      ...{ client, signal },
      onProgress: ({ trouble }) => tell({ type: 'trouble', id, trouble }),
    })
    assemble(question, answer, (bytes, size) => tell({ type: 'progress', id, bytes, size }))
      .then(({ content, header, trailer }) => {
        if (signal.aborted) return
        const savedAs = saveName(due.name, header.type === 'tar' ? '.tar' : '')
        saveBlob(savedAs, content)
        tell({ type: 'done', id, bytes: content.size, savedAs, notes: trailer.notes })
      })
      .catch(error => {
        if (!signal.aborted) tell({ type: 'failed', id, error })
      })
    return () => {
      leaving.abort()
      tell({ type: 'interrupted', id })
    }
  }, [asking?.runId, due?.id, client])

  // What is half there is lost with the page.
  useLeaveWarning(all.some(isOpen))

  return {
    all,
    ask: (download: Pick<Download, 'volume' | 'path' | 'name' | 'isFolder' | 'size'>) =>
      tell({ type: 'ask', download: { ...download, id: ulid() } }),
    cancel: (id: string) => tell({ type: 'cancel', id }),
    retry: (id: string) => tell({ type: 'retry', id }),
    remove: (id: string) => tell({ type: 'remove', id }),
  }
}
