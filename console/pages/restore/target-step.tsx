import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Multiselect from '@cloudscape-design/components/multiselect'
import RadioGroup from '@cloudscape-design/components/radio-group'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { sizeText } from '../../components/size.ts'
import { restore } from '../../text/restore.ts'
import { disksOf, makesVm, type StepProps, type TargetKind } from './draft.ts'
import { StorageFields } from './storage-fields.tsx'
import { usePools } from './use-pools.ts'

const words = restore.target
const KINDS: readonly TargetKind[] = ['new', 'same', 'disks-only', 'new-disks']

/** What the point comes back as, and where. */
export const TargetStep = (step: StepProps) => {
  const { draft, change, problem } = step
  const { pools, pool, error, retry } = usePools(draft)
  const { kind, name } = draft
  const fields: ReactNode[] = [
    <FormField key="kind" label={words.as} stretch>
      <RadioGroup
        value={kind}
        items={KINDS.map(value => ({ value, ...words.kinds[value] }))}
        onChange={({ detail }) => change({ kind: detail.value as TargetKind })}
      />
    </FormField>,
    <FormField key="pool" label={words.pool}>
      <Select
        options={(pools ?? []).map(({ uuid, name, version }) => ({
          value: uuid,
          label: name || uuid,
          // Two pools may bear one name.
          description: words.poolFacts(version, uuid),
        }))}
        selectedOption={pool ? { value: pool.uuid, label: pool.name || pool.uuid } : null}
        placeholder={words.choosePool}
        empty={words.noPools}
        onChange={({ detail }) =>
          // Storage and networks of another pool are others.
          change({
            ...{ poolUuid: detail.selectedOption.value, sr: undefined, diskSrs: {} },
            ...{ networks: [], homeServer: undefined },
          })
        }
      />
    </FormField>,
  ]
  if (kind === 'disks-only' || kind === 'new-disks') fields.push(<Disks key="disks" {...step} />)
  if (kind !== 'disks-only')
    fields.push(
      <FormField
        key="name"
        label={words.name}
        description={makesVm(draft) ? words.nameHint : words.diskNameHint}
        errorText={problem('name')}
      >
        <Input value={name} onChange={({ detail }) => change({ name: detail.value })} />
      </FormField>,
      <StorageFields key="storage" {...step} pool={pool} />,
    )
  if (kind === 'new-disks')
    fields.push(
      <FormField key="attachTo" label={words.attachTo} description={words.attachToHint}>
        <Input
          value={draft.attachTo}
          onChange={({ detail }) => change({ attachTo: detail.value })}
        />
      </FormField>,
    )
  return (
    <Container>
      <SpaceBetween size="l">
        {error && <ProblemAlert error={error} title={words.poolsFailed} onRetry={retry} />}
        {fields}
      </SpaceBetween>
    </Container>
  )
}

const Disks = ({ draft, change, problem }: StepProps) => {
  const options = disksOf(draft).map(({ userdevice, name, size }) => ({
    value: userdevice,
    label: words.disk(userdevice, name, sizeText(size)),
  }))
  return (
    <FormField
      label={words.disks}
      errorText={problem('disks')}
      {...(draft.kind === 'disks-only' && { description: words.allDisks })}
    >
      <Multiselect
        options={options}
        selectedOptions={options.filter(({ value }) => draft.disks.includes(value))}
        placeholder={words.disks}
        onChange={({ detail }) =>
          change({ disks: detail.selectedOptions.flatMap(({ value }) => value ?? []) })
        }
      />
    </FormField>
  )
}
