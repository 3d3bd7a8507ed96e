import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import type { OverviewView } from '#core/contracts/overview-api.ts'
import { StandingSign } from '../../components/standing-sign.tsx'
import { overview as words } from '../../text/overview.ts'

const QUESTIONS = ['protected', 'failed', 'locked', 'restorable', 'cost'] as const

/** The five questions of each morning. */
export const Answers = ({ answers }: Pick<OverviewView, 'answers'>) => (
  <Container>
    <div className="answers">
      {QUESTIONS.map(question => (
        <div key={question}>
          <Box variant="h2" fontSize="heading-s" padding={{ bottom: 'xxs' }}>
            {words.answers[question]}
          </Box>
          <StandingSign standing={answers[question].standing}>
            {words.standings[answers[question].standing]}
          </StandingSign>
          <Box>{answers[question].text}</Box>
        </div>
      ))}
    </div>
  </Container>
)
