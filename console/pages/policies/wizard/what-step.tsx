import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Textarea from '@cloudscape-design/components/textarea'
import { useRef } from 'react'
import type { Selector } from '#core/contracts/policies.ts'
import { ProblemAlert } from '../../../components/problem-alert.tsx'
import { verdicts } from '../../../text/policies.ts'
import { what as words } from '../../../text/policy-wizard/what.ts'
import { Verdicts } from '../verdicts.tsx'
import type { StepProps } from './draft.ts'
import { SelectorFields } from './selector-fields.tsx'
import type { Preview } from './use-preview.ts'

const SIMPLE = { every: { all: true }, unprotected: { unprotected: true } } as const

const kindOf = ([first, ...more]: readonly Selector[]): 'every' | 'unprotected' | 'chosen' => {
  const [member, ...others] = Object.keys(first ?? {})
  if (more.length > 0 || others.length > 0) return 'chosen'
  return member === 'all' ? 'every' : member === 'unprotected' ? 'unprotected' : 'chosen'
}

export const WhatStep = ({ preview, ...step }: StepProps & { preview: Preview }) => (
  <SpaceBetween size="l">
    <About {...step} />
    <Selection {...step} />
    <Container header={<Header variant="h2">{words.preview}</Header>}>
      <PreviewedVms preview={preview} />
    </Container>
  </SpaceBetween>
)

const About = ({ draft, change, problem }: StepProps) => (
  <Container header={<Header variant="h2">{words.about}</Header>}>
    <SpaceBetween size="m">
      <FormField
        label={words.name}
        constraintText={words.nameHint}
        errorText={problem('name')}
        stretch
      >
        <Input
          value={draft.name}
          autoFocus
          ariaRequired
          onChange={({ detail }) => change({ name: detail.value })}
        />
      </FormField>
      <FormField label={words.description} errorText={problem('description')} stretch>
        <Textarea
          rows={2}
          value={draft.description ?? ''}
          onChange={({ detail }) => change({ description: detail.value || undefined })}
        />
      </FormField>
    </SpaceBetween>
  </Container>
)

const Selection = ({ draft, change, problem }: StepProps) => {
  const { include, exclude } = draft.selection
  const kind = kindOf(include)
  // What was chosen one by one comes back when somebody only looked at another kind.
  const chosen = useRef<Selector[]>(kind === 'chosen' ? include : [{}])
  const setInclude = (selectors: Selector[]) => {
    chosen.current = selectors
    change({ selection: { include: selectors, exclude } })
  }
  const setExclude = (selectors: Selector[]) =>
    change({ selection: { include, exclude: selectors } })
  const choice = (value: keyof typeof SIMPLE | 'chosen') => ({
    value,
    label: words[value],
    description: words[`${value}Hint`],
  })
  return (
    <Container header={<Header variant="h2">{words.vms}</Header>}>
      <SpaceBetween size="m">
        <FormField label={words.which} stretch>
          <RadioGroup
            value={kind}
            items={[choice('chosen'), choice('every'), choice('unprotected')]}
            onChange={({ detail }) => {
              const simple = SIMPLE[detail.value as keyof typeof SIMPLE]
              const selectors: Selector[] = simple ? [{ ...simple }] : chosen.current
              change({ selection: { include: selectors, exclude } })
            }}
          />
        </FormField>
        {kind === 'chosen' && (
          <Rules
            selectors={include}
            onChange={setInclude}
            least={1}
            words={{ ...words, hint: words.ruleHint, title: words.rule, remove: words.removeRule }}
            problem={index => problem(`selection.include.${index}`)}
          />
        )}
        <ExpandableSection
          headerText={words.exclude}
          headerCounter={`(${words.excludeCount(exclude.length)})`}
          defaultExpanded={exclude.length > 0}
        >
          <Rules
            selectors={exclude}
            onChange={setExclude}
            least={0}
            words={{
              hint: words.excludeRuleHint,
              title: words.excludeRule,
              remove: words.removeExclude,
              addRule: words.addExclude,
            }}
            problem={index => problem(`selection.exclude.${index}`)}
          />
        </ExpandableSection>
      </SpaceBetween>
    </Container>
  )
}

const MOST = 20

const Rules = ({
  selectors,
  onChange,
  least,
  words: said,
  problem,
}: {
  selectors: readonly Selector[]
  onChange: (selectors: Selector[]) => void
  least: number
  words: {
    hint: string
    title: (n: number) => string
    remove: (n: number) => string
    addRule: string
  }
  problem: (index: number) => string | undefined
}) => (
  <SpaceBetween size="m">
    {selectors.map((selector, index) => (
      <Container
        // biome-ignore lint/suspicious/noArrayIndexKey: they have no other name, and hold nothing of their own but what is typed just now
        key={index}
        header={
          <Header
            variant="h3"
            description={said.hint}
            actions={
              selectors.length > least && (
                <Button
                  iconName="remove"
                  variant="icon"
                  ariaLabel={said.remove(index + 1)}
                  onClick={() => onChange(selectors.filter((_, other) => other !== index))}
                />
              )
            }
          >
            {said.title(index + 1)}
          </Header>
        }
      >
        <SelectorFields
          selector={selector}
          onChange={changed =>
            onChange(selectors.map((one, other) => (other === index ? changed : one)))
          }
          problem={problem(index)}
        />
      </Container>
    ))}
    <Button
      iconName="add-plus"
      disabled={selectors.length >= MOST}
      onClick={() => onChange([...selectors, {}])}
    >
      {said.addRule}
    </Button>
  </SpaceBetween>
)

const PreviewedVms = ({
  preview: { data, error, isReady, refetch, isFetching },
}: {
  preview: Preview
}) => {
  if (!isReady) return <Box color="text-body-secondary">{words.notYet}</Box>
  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />
  if (!data) return <StatusIndicator type="loading">{verdicts.loading}</StatusIndicator>
  return (
    <div aria-busy={isFetching}>
      <Verdicts preview={data} />
    </div>
  )
}
