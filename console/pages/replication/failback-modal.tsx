import FormField from '@cloudscape-design/components/form-field'
import RadioGroup from '@cloudscape-design/components/radio-group'
import { useState } from 'react'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { replication } from '../../text/replication.ts'
import { nameOf } from './columns.tsx'
import { type DeedProps, useCommand } from './use-command.tsx'
import { WhatHappens } from './what-happens.tsx'

const words = replication.deeds
const WAYS = ['changes', 'full', 'overwrite'] as const
type Way = (typeof WAYS)[number]

/** Begins a failback, or goes on with one that was cut off. */
export const FailbackModal = (props: DeedProps) => {
  const { replica, deeds, nextStep } = props.detail
  const { ask, dialogue } = useCommand('failback', props)
  const [way, choose] = useState<Way>('changes')
  return (
    <ConfirmByName
      {...dialogue}
      name={nameOf(replica)}
      onConfirm={() =>
        ask({ command: 'failback', full: way === 'full', overwrite: way === 'overwrite' })
      }
      more={
        // It was written to its origin already.
        nextStep !== 'rejoin' && (
          <FormField label={words.how}>
            <RadioGroup
              value={way}
              items={WAYS.map(value => ({ value, ...words.ways[value] }))}
              onChange={({ detail }) => choose(detail.value as Way)}
            />
          </FormField>
        )
      }
    >
      <WhatHappens {...deeds.failback} />
    </ConfirmByName>
  )
}
