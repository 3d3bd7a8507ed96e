import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { PoolView } from '#core/contracts/pools-api.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { SrChoice } from '../../components/sr-choice.tsx'
import { VmChoice } from '../../components/vm-choice.tsx'
import { defineReplica as words } from '../../text/replication.ts'
import type { Definition } from './definition.ts'
import { NetworkMap } from './network-map.tsx'

export interface FieldsProps {
  said: Definition
  change: (members: Partial<Definition>) => void
  problems: Readonly<Record<string, string>>
}

/** Which machine, and where its standby is. */
export const WhereFields = ({
  said,
  change,
  problems,
  known,
  onName,
}: FieldsProps & {
  known: { vmName: string } | undefined
  onName: (vmName: string) => void
}) => {
  const { data, error, refetch } = useCall(
    'listPools',
    { query: { limit: 1_000 } },
    { every: LIVE.slow },
  )
  const { data: vm } = useCall(
    'getVm',
    { params: { vmUuid: said.vm } },
    { every: false, enabled: said.vm !== '' },
  )
  const pools: readonly PoolView[] = data?.items ?? []
  const poolOf = (uuid: string | undefined) => pools.find(pool => pool.uuid === uuid)
  const target = poolOf(said.pool)
  const options = pools.map(({ uuid, name, version }) => ({
    ...{ value: uuid, label: name || uuid, description: `${version}, ${uuid}` },
  }))
  return (
    <SpaceBetween size="l">
      {error && (
        <ProblemAlert error={error} title={words.poolsFailed} onRetry={() => void refetch()} />
      )}
      {known ? (
        <FormField label={words.vm}>
          <Input value={known.vmName || said.vm} readOnly />
        </FormField>
      ) : (
        <VmChoice
          label={words.vm}
          hint={words.vmHint}
          uuid={said.vm}
          onChoose={(uuid, name = '') => {
            change({ vm: uuid })
            onName(name)
          }}
        />
      )}
      <FormField label={words.pool}>
        <Select
          options={options}
          disabled={known !== undefined}
          selectedOption={options.find(({ value }) => value === said.pool) ?? null}
          placeholder={words.choosePool}
          empty={words.noPools}
          onChange={({ detail }) =>
            // Storage and networks of another pool are others.
            change({
              pool: detail.selectedOption.value,
              sr: undefined,
              networks: said.networks.map(({ from }) => ({ from, to: undefined })),
            })
          }
        />
      </FormField>
      <SrChoice
        label={words.sr}
        hint={words.srHint}
        none={words.defaultSr}
        pool={target}
        value={said.sr}
        onChange={sr => change({ sr })}
      />
      <NetworkMap
        rows={said.networks}
        origin={poolOf(vm?.vm?.poolUuid)}
        target={target}
        problems={problems}
        onChange={networks => change({ networks })}
      />
    </SpaceBetween>
  )
}
