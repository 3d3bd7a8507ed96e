import { useState } from 'react'
import type { CallInput } from '#core/contracts/client.ts'
import { TestFailoverCommand } from '#core/contracts/test-failover.ts'
import { useCall } from '../../api/use-call.ts'
import {
  CheckFields,
  type CheckWishes,
  checkProblems,
} from '../../components/boot-check/check-fields.tsx'
import { ChoiceField } from '../../components/choice-field.tsx'
import { FormModal } from '../../components/form-modal.tsx'
import { NumberField } from '../../components/number-field.tsx'
import { replication } from '../../text/replication.ts'
import { StateField } from './state-field.tsx'
import { type DeedProps, useCommand } from './use-command.tsx'
import { WhatHappens } from './what-happens.tsx'

const words = replication.deeds
const NONE = 'none'

/** A copy of a kept state is started; nothing that stands by is touched. */
export const TestModal = (props: DeedProps) => {
  const { replica, states, deeds } = props.detail
  const { ask, dialogue } = useCommand('test', props)
  const { data: pools } = useCall('listPools', { query: { limit: 1_000 } }, { every: false })
  const networks = pools?.items.find(({ uuid }) => uuid === replica.poolUuid)?.networks ?? []
  const [pointId, choose] = useState<string>()
  const [networkUuid, connect] = useState(NONE)
  const [minutes, stay] = useState<number>()
  const [wishes, wish] = useState<CheckWishes>({
    timeoutSeconds: 900,
    script: '',
    guestVerdict: false,
  })
  const command = {
    command: 'test' as const,
    ...(pointId !== undefined && { pointId }),
    ...(networkUuid !== NONE && { networkUuid }),
    ...(minutes !== undefined && { keepSeconds: minutes * 60 }),
    timeoutSeconds: wishes.timeoutSeconds ?? 0,
    ...(wishes.script !== '' && { script: wishes.script }),
    ...(wishes.guestVerdict && { guestVerdict: true }),
  } satisfies CallInput<'commandReplica'>['body']
  return (
    <FormModal
      {...dialogue}
      ready={TestFailoverCommand.safeParse(command).success}
      onSubmit={() => ask(command)}
    >
      <WhatHappens {...deeds.test} />
      <StateField states={states} value={pointId} onChange={choose} />
      <ChoiceField
        label={words.network}
        description={words.networkHint}
        value={networkUuid}
        choices={[NONE, ...networks.map(({ uuid }) => uuid)]}
        textOf={value =>
          networks.find(({ uuid }) => uuid === value)?.name ||
          (value === NONE ? words.noNetwork : value)
        }
        onChange={connect}
      />
      <NumberField
        label={words.stay}
        description={words.stayHint}
        value={minutes}
        onChange={stay}
      />
      <CheckFields wishes={wishes} change={wish} problems={checkProblems(wishes)} />
    </FormModal>
  )
}
