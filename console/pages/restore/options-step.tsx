import Box from '@cloudscape-design/components/box'
import Checkbox from '@cloudscape-design/components/checkbox'
import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { restore } from '../../text/restore.ts'
import { type Draft, isOverVm, makesVm, type StepProps } from './draft.ts'
import { NetworkFields } from './network-fields.tsx'
import { usePools } from './use-pools.ts'

const words = restore.options

/** Members of the draft that are asked as yes or no. */
type Flag = { [K in keyof Draft]-?: Draft[K] extends boolean ? K : never }[keyof Draft]

/** What else there is to say of the restore; which, depends on its kind. */
export const OptionsStep = (step: StepProps) => {
  const { draft, change } = step
  const { pool } = usePools(draft)
  const flag = (name: Flag, label: string, description?: string) => (
    <Checkbox
      key={name}
      checked={draft[name]}
      {...(description !== undefined && { description })}
      onChange={({ detail }) => change({ [name]: detail.checked })}
    >
      {label}
    </Checkbox>
  )
  return (
    <Container>
      <SpaceBetween size="l">
        {isOverVm(draft.kind) && (
          <FormField label={words.consent} stretch>
            {draft.kind === 'same' && flag('replace', words.replace)}
            {flag('shutDown', words.shutDown, words.shutDownHint)}
            {flag('keepSafetySnapshot', words.keepSafetySnapshot, words.keepSafetySnapshotHint)}
          </FormField>
        )}
        {makesVm(draft) && flag('start', words.start, words.startHint)}
        {draft.point?.consistency === 'memory' &&
          makesVm(draft) &&
          flag('resume', words.resume, words.resumeHint)}
        {makesVm(draft) && <NetworkFields {...step} networks={pool?.networks ?? []} />}
        {makesVm(draft) && <Macs {...step} />}
        {makesVm(draft) && (
          <ExpandableSection headerText={words.more}>
            <SpaceBetween size="m">
              <HomeServer {...step} hosts={pool?.hosts ?? []} />
              {flag('refuseMissing', words.refuse)}
              {flag('keepHa', words.keepHa)}
              {flag('keepAppliance', words.keepAppliance)}
              {flag('evenIfIncomplete', words.evenIfIncomplete)}
            </SpaceBetween>
          </ExpandableSection>
        )}
        {draft.kind === 'new-disks' && <Box>{words.nothing}</Box>}
      </SpaceBetween>
    </Container>
  )
}

const Macs = ({ draft, change }: StepProps) => {
  const options = [
    { value: '', label: words.macsDefault },
    { value: 'new', label: words.macsNew },
    { value: 'keep', label: words.macsKeep },
  ]
  return (
    <FormField label={words.macs}>
      <Select
        options={options}
        selectedOption={options.find(({ value }) => value === (draft.macs ?? '')) ?? null}
        onChange={({ detail }) =>
          change({ macs: (detail.selectedOption.value || undefined) as Draft['macs'] })
        }
      />
    </FormField>
  )
}

const HomeServer = ({
  draft,
  change,
  hosts,
}: StepProps & { hosts: readonly { uuid: string; name: string }[] }) => {
  const none = { value: '', label: words.noHomeServer }
  const options = hosts.map(({ uuid, name }) => ({ value: uuid, label: name || uuid }))
  return (
    <FormField label={words.homeServer}>
      <Select
        options={[none, ...options]}
        selectedOption={options.find(({ value }) => value === draft.homeServer) ?? none}
        onChange={({ detail }) => change({ homeServer: detail.selectedOption.value || undefined })}
      />
    </FormField>
  )
}
