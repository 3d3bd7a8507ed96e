import Button from '@cloudscape-design/components/button'
import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { ReplicaDetail } from '#core/contracts/replica-detail.ts'
import { useCaller } from '../../api/context.tsx'
import { useMay } from '../../api/may.ts'
import { replication } from '../../text/replication.ts'
import { DeedModal } from './deed-modal.tsx'
import type { Deed } from './use-command.tsx'

const words = replication.deeds

/** What can be done with a standby; what cannot, as it stands or by whoever looks, says why. */
export const ReplicaActions = ({ detail }: { detail: ReplicaDetail }) => {
  const [, go] = useLocation()
  const may = useMay()
  const { role } = useCaller()
  const [asked, ask] = useState<Deed>()
  const { replicaId, phase } = detail.replica
  const able = (deed: Deed) => {
    const { refused } = detail.deeds[deed]
    return {
      ...(refused !== undefined && { disabled: true, disabledReason: refused }),
      ...(deed === 'failback' &&
        role !== 'administrator' && { disabled: true, disabledReason: words.failbackRole }),
      ...may('commandReplica'),
    }
  }
  const isElsewhere = phase === 'active' || phase === 'failing-back'
  const main: Deed = isElsewhere ? 'failback' : 'failover'
  const item = (deed: Deed) => ({ id: deed, text: words[deed], ...able(deed) })
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        <ButtonDropdown
          expandToViewport
          items={[
            item('round'),
            { id: 'edit', text: words.edit, ...may('putReplica') },
            phase === 'standing-by' ? item('stop') : item('resume'),
            item(isElsewhere ? 'failover' : 'failback'),
          ]}
          onItemClick={({ detail: { id } }) => {
            if (id === 'edit') go(`/replication/${replicaId}/edit`)
            else ask(id as Deed)
          }}
        >
          {words.actions}
        </ButtonDropdown>
        <Button {...able('test')} onClick={() => ask('test')}>
          {words.test}
        </Button>
        <Button variant="primary" {...able(main)} onClick={() => ask(main)}>
          {phase === 'failing-back' ? words.goOnFailback : words[main]}
        </Button>
      </SpaceBetween>
      {asked && <DeedModal deed={asked} detail={detail} onClose={() => ask(undefined)} />}
    </>
  )
}
