import Checkbox from '@cloudscape-design/components/checkbox'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { Fallback, Method } from '#core/contracts/methods.ts'
import { ChoiceField } from '../../../components/choice-field.tsx'
import { NumberField } from '../../../components/number-field.tsx'
import { how as words } from '../../../text/policy-wizard/how.ts'
import { DiskRules } from './disk-rules.tsx'
import type { StepProps } from './draft.ts'
import { Programs } from './programs.tsx'

const METHODS = ['normal', 'quiesced', 'memory', 'offline'] as const satisfies Method[]

export const HowStep = (step: StepProps) => (
  <SpaceBetween size="l">
    <MethodChoice {...step} />
    <ExpandableSection
      variant="container"
      headerText={words.disks}
      headerDescription={words.disksHint}
      headerCounter={`(${step.draft.excludeDisks.length})`}
      defaultExpanded={step.draft.excludeDisks.length > 0}
    >
      <DiskRules {...step} />
    </ExpandableSection>
    <ExpandableSection
      variant="container"
      headerText={words.programs}
      headerDescription={words.programsHint}
      defaultExpanded={(step.draft.hooks ?? step.draft.runHooks) !== undefined}
    >
      <Programs {...step} />
    </ExpandableSection>
    <ExpandableSection
      variant="container"
      headerText={words.limits}
      defaultExpanded={(step.draft.limits?.jobsAtOnce ?? step.draft.wire) !== undefined}
    >
      <Limits {...step} />
    </ExpandableSection>
  </SpaceBetween>
)

const MethodChoice = ({ draft, change, problem }: StepProps) => {
  const { method, fallback, together } = draft
  const fallbacks: Fallback[] =
    method === 'offline' ? ['fail', 'crash', 'hard-shutdown'] : ['fail', 'crash']
  return (
    <Container header={<Header variant="h2">{words.method}</Header>}>
      <SpaceBetween size="m">
        <RadioGroup
          ariaLabel={words.method}
          value={method}
          items={METHODS.map(value => ({ value, ...words.methods[value] }))}
          onChange={({ detail }) =>
            change({
              method: detail.value as Method,
              // Only what is shut down can be switched off instead.
              ...(fallback === 'hard-shutdown' && { fallback: undefined }),
            })
          }
        />
        {method !== 'normal' && (
          <ColumnLayout columns={2}>
            <ChoiceField
              label={words.fallback}
              value={fallback ?? 'fail'}
              choices={fallbacks}
              textOf={value => words.fallbacks[value]}
              onChange={value => change({ fallback: value })}
            />
            {method === 'offline' && (
              <NumberField
                label={words.shutdownSeconds}
                value={draft.shutdownSeconds}
                placeholder={words.shutdownDefault}
                errorText={problem('shutdownSeconds')}
                onChange={shutdownSeconds => change({ shutdownSeconds })}
              />
            )}
            {method === 'quiesced' && (
              <NumberField
                label={words.freezeSeconds}
                constraintText={words.freezeHint}
                value={draft.freezeSeconds}
                placeholder={words.freezeDefault}
                errorText={problem('freezeSeconds')}
                onChange={freezeSeconds => change({ freezeSeconds })}
              />
            )}
          </ColumnLayout>
        )}
        <Checkbox
          checked={together !== undefined}
          description={words.togetherHint}
          onChange={({ detail }) =>
            change({ together: detail.checked ? { whenOneFails: 'group' } : undefined })
          }
        >
          {words.together}
        </Checkbox>
        {together && (
          <ChoiceField
            label={words.whenOneFails}
            value={together.whenOneFails}
            choices={['group', 'without']}
            textOf={value => words.whenOneFailsChoices[value]}
            onChange={whenOneFails => change({ together: { whenOneFails } })}
          />
        )}
      </SpaceBetween>
    </Container>
  )
}

const Limits = ({ draft: { limits, wire }, change, problem }: StepProps) => (
  <ColumnLayout columns={2}>
    <NumberField
      label={words.jobsAtOnce}
      constraintText={words.jobsAtOnceHint}
      value={limits?.jobsAtOnce}
      errorText={problem('limits.jobsAtOnce')}
      onChange={jobsAtOnce =>
        change({ limits: jobsAtOnce === undefined ? undefined : { jobsAtOnce } })
      }
    />
    <FormField label={words.wire} constraintText={words.wireHint}>
      <RadioGroup
        ariaLabel={words.wire}
        value={wire ?? 'none'}
        items={(['none', 'zstd', 'gzip'] as const).map(value => ({
          value,
          label: words.wires[value],
        }))}
        onChange={({ detail }) =>
          change({ wire: detail.value === 'none' ? undefined : (detail.value as 'zstd') })
        }
      />
    </FormField>
  </ColumnLayout>
)
