import { useEffect, useRef } from 'react'
import type { RouteName } from '#core/contracts/routes.ts'
import { useNotices } from '../components/notices.tsx'
import { type Reply, useDeed } from './use-call.ts'

/**
 * A deed that a dialogue asks about: what came of it is told at the top of the page and the dialogue closes; a failure stays in the dialogue. One that somebody
 * left while the deed was on its way is told of, too, and closes nothing: what is open then is another one.
 * @param told what came of it, in words
 * @param onTold what follows when the dialogue is closed
 */
export const useAskedDeed = <N extends RouteName>(
  name: N,
  {
    told,
    type = 'success',
    onClose,
    onTold,
  }: {
    told: (reply: Reply<N>) => string
    type?: 'success' | 'info'
    onClose: () => void
    onTold?: (reply: Reply<N>) => void
  },
) => {
  const { tell } = useNotices()
  const isThere = useRef(true)
  useEffect(() => {
    isThere.current = true
    return () => {
      isThere.current = false
    }
  }, [])
  const { mutate, isPending, error } = useDeed(name, {
    onDone: reply => {
      tell({ type, content: told(reply) })
      if (!isThere.current) return
      onClose()
      onTold?.(reply)
    },
  })
  return { ask: mutate, dialogue: { busy: isPending, error, onCancel: onClose } }
}
