import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import { type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import type { SiteDefinition } from '#core/contracts/site.ts'
import { SITE_TEXT } from '#core/contracts/sites-api.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { useSettled } from '../../components/settled.ts'
import { shell } from '../../text/shell.ts'
import { defineSite as words } from '../../text/sites.ts'
import { PlanNow } from './plan-now.tsx'
import { readSite } from './read-site.ts'

/** A definition as text, what is wrong with it, and what a run of it would do. */
export const DefinitionForm = ({
  title,
  begin,
  back,
  save,
  above,
}: {
  title: string
  begin: string
  /** What is told before the text. */
  above?: ReactNode
  /** Where whoever gives up comes from. */
  back: string
  save: {
    mutate: (site: SiteDefinition, written: { text?: string }) => void
    isPending: boolean
    error: unknown
  }
}) => {
  const [, go] = useLocation()
  const [text, setText] = useState(begin)
  const { site, problem } = readSite(text)
  const settled = useSettled(site ? text : '')
  const shown = settled === '' ? undefined : readSite(settled).site
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        if (site && !save.isPending)
          save.mutate(site, text.length <= SITE_TEXT && text !== '' ? { text } : {})
      }}
    >
      <Form
        header={<Header variant="h1">{title}</Header>}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" formAction="none" onClick={() => go(back)}>
              {shell.cancel}
            </Button>
            <Button variant="primary" disabled={!site} loading={save.isPending}>
              {words.save}
            </Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="l">
          {save.error !== null && save.error !== undefined && <ProblemAlert error={save.error} />}
          {above}
          <FormField
            label={words.definition}
            description={words.hint}
            stretch
            {...(problem !== undefined && { errorText: words.unreadable(problem) })}
          >
            <Textarea
              value={text}
              rows={24}
              spellcheck={false}
              invalid={problem !== undefined}
              onChange={({ detail }) => setText(detail.value)}
            />
          </FormField>
          <Container header={<Header variant="h2">{words.preview}</Header>}>
            {shown ? (
              <PlanNow site={shown} />
            ) : (
              <Box color="text-body-secondary">{words.needs}</Box>
            )}
          </Container>
        </SpaceBetween>
      </Form>
    </form>
  )
}
