import { ABOUT_ADMINISTRATION } from './administration.ts'
import { ABOUT_GROUPS } from './groups.ts'
import type { Question } from './question.ts'
import { ABOUT_TOPICS } from './topics.ts'

/** For each API whose answers depend on what one may do. */
export const QUESTIONS: readonly Question[] = [...ABOUT_GROUPS, ...ABOUT_ADMINISTRATION, ...ABOUT_TOPICS]
