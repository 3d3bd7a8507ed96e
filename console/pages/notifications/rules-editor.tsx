import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Grid from '@cloudscape-design/components/grid'
import Header from '@cloudscape-design/components/header'
import Multiselect from '@cloudscape-design/components/multiselect'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { EventKind, type NotifyRule } from '#core/contracts/notifications.ts'
import { notifications } from '../../text/notifications.ts'
import { ChannelChoice, type Edits } from './channel-choice.tsx'

const words = notifications.settings

const EVENTS = EventKind.options.map(value => ({ value, label: notifications.events[value] }))

/** A new rule: all that somebody has to do something about. */
const TROUBLES = EventKind.options.filter(event => event !== 'run-succeeded')

export const RulesEditor = ({
  rules,
  onChange,
  ...rest
}: { rules: readonly NotifyRule[] } & Edits<NotifyRule>) => {
  const replace = (index: number, part: Partial<NotifyRule>) =>
    onChange(rules.map((rule, at) => (at === index ? { ...rule, ...part } : rule)))
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Button
              disabled={rest.disabled}
              onClick={() => onChange([...rules, { events: [...TROUBLES], channelIds: [] }])}
            >
              {words.addRule}
            </Button>
          }
        >
          {words.rules}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {rules.length === 0 && words.noRules}
        {rules.map((rule, index) => (
          <section key={words.rule(index + 1)} aria-label={words.rule(index + 1)}>
            <Grid gridDefinition={[5, 5, 2].map(s => ({ colspan: { default: 12, s } }))}>
              <FormField label={words.events}>
                <Multiselect
                  expandToViewport
                  disabled={rest.disabled}
                  tokenLimit={3}
                  selectedOptions={EVENTS.filter(({ value }) => rule.events.includes(value))}
                  options={EVENTS}
                  onChange={({ detail }) =>
                    replace(index, {
                      events: detail.selectedOptions.map(({ value }) => value as EventKind),
                    })
                  }
                />
              </FormField>
              <ChannelChoice
                {...rest}
                chosen={rule.channelIds}
                onChange={channelIds => replace(index, { channelIds })}
              />
              <Button
                disabled={rest.disabled}
                ariaLabel={words.removeRule(index + 1)}
                onClick={() => onChange(rules.filter((_, at) => at !== index))}
              >
                {words.remove}
              </Button>
            </Grid>
          </section>
        ))}
      </SpaceBetween>
    </Container>
  )
}
