import Checkbox from '@cloudscape-design/components/checkbox'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { replication } from '../../text/replication.ts'
import { nameOf } from './columns.tsx'
import { StateField } from './state-field.tsx'
import { type DeedProps, useCommand } from './use-command.tsx'
import { WhatHappens } from './what-happens.tsx'

const words = replication.deeds

export const FailoverModal = (props: DeedProps) => {
  const { replica, states, deeds } = props.detail
  const { ask, dialogue } = useCommand('failover', props)
  const [pointId, choose] = useState<string>()
  const [start, setStart] = useState(true)
  const [force, setForce] = useState(false)
  const hasRisk = deeds.failover.risk !== undefined
  return (
    <ConfirmByName
      {...dialogue}
      name={nameOf(replica)}
      ready={!hasRisk || force}
      onConfirm={() =>
        ask({ command: 'failover', force, start, ...(pointId !== undefined && { pointId }) })
      }
      more={
        <SpaceBetween size="m">
          <StateField states={states} value={pointId} onChange={choose} />
          <Checkbox
            checked={start}
            description={words.startHint}
            onChange={({ detail }) => setStart(detail.checked)}
          >
            {words.start}
          </Checkbox>
          <Checkbox
            checked={force}
            description={words.forceHint}
            onChange={({ detail }) => setForce(detail.checked)}
          >
            {words.force}
          </Checkbox>
        </SpaceBetween>
      }
    >
      <WhatHappens {...deeds.failover} />
    </ConfirmByName>
  )
}
