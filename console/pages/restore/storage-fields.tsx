import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import Select, { type SelectProps } from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { PoolView } from '#core/contracts/pools-api.ts'
import { sizeText } from '../../components/size.ts'
import { restore } from '../../text/restore.ts'
import { disksOf, type StepProps } from './draft.ts'

const words = restore.target

/** Where the disks go: all of them, and single ones. */
export const StorageFields = ({
  draft,
  change,
  pool,
}: StepProps & { pool: PoolView | undefined }) => {
  const srs = (pool?.srs ?? []).map(({ uuid, name, type, size, used }) => ({
    value: uuid,
    label: name || uuid,
    description: words.free(type, sizeText(Math.max(0, size - used)), sizeText(size)),
  }))
  const disks = disksOf(draft).filter(
    ({ userdevice }) => draft.kind !== 'new-disks' || draft.disks.includes(userdevice),
  )
  return (
    <SpaceBetween size="l">
      <SrField
        label={words.sr}
        none={words.ownSr}
        srs={srs}
        value={draft.sr}
        onChange={sr => change({ sr })}
      />
      {disks.length > 1 && (
        <ExpandableSection headerText={words.srsPerDisk}>
          <SpaceBetween size="m">
            {disks.map(({ userdevice, name }) => (
              <SrField
                key={userdevice}
                label={words.srOf(userdevice, name)}
                none={words.sameSr}
                srs={srs}
                value={draft.diskSrs[userdevice]}
                onChange={sr => {
                  const { [userdevice]: _, ...others } = draft.diskSrs
                  change({ diskSrs: sr === undefined ? others : { ...others, [userdevice]: sr } })
                }}
              />
            ))}
          </SpaceBetween>
        </ExpandableSection>
      )}
    </SpaceBetween>
  )
}

const SrField = ({
  label,
  none,
  srs,
  value,
  onChange,
}: {
  label: string
  /** What no choice means. */
  none: string
  srs: readonly SelectProps.Option[]
  value: string | undefined
  onChange: (sr: string | undefined) => void
}) => {
  const unset = { value: '', label: none }
  return (
    <FormField label={label}>
      <Select
        options={[unset, ...srs]}
        selectedOption={srs.find(sr => sr.value === value) ?? unset}
        onChange={({ detail }) => onChange(detail.selectedOption.value || undefined)}
      />
    </FormField>
  )
}
