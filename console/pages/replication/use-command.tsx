import Button from '@cloudscape-design/components/button'
import { useLocation } from 'wouter'
import type { CallInput } from '#core/contracts/client.ts'
import type { ReplicaDetail } from '#core/contracts/replica-detail.ts'
import { useDeed } from '../../api/use-call.ts'
import { useNotices } from '../../components/notices.tsx'
import { replication } from '../../text/replication.ts'
import { nameOf } from './columns.tsx'

const words = replication.deeds

export type Deed = keyof ReplicaDetail['deeds']

/** What a dialogue about a deed is given. */
export interface DeedProps {
  detail: ReplicaDetail
  onClose: () => void
}

/** Gives a command; what came of it is told at the top of the page with the way to its run, and a failure stays in the dialogue. */
export const useCommand = (deed: Deed, { detail: { replica }, onClose }: DeedProps) => {
  const [, go] = useLocation()
  const { tell } = useNotices()
  const { mutate, isPending, error } = useDeed('commandReplica', {
    onDone: ({ runId }) => {
      tell({
        type: 'success',
        content: words.started[deed](nameOf(replica)),
        ...(runId !== undefined && {
          action: <Button onClick={() => go(`/runs/${runId}`)}>{words.watch}</Button>,
        }),
      })
      onClose()
    },
  })
  const { replicaId } = replica
  return {
    ask: (body: CallInput<'commandReplica'>['body']) => mutate({ params: { replicaId }, body }),
    dialogue: {
      title: words.titles[deed](nameOf(replica)),
      action: words.confirm[deed],
      ...{ busy: isPending, error, onCancel: onClose },
    },
  }
}
