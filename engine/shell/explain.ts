/** Pages about what this version knows: the kinds of the list, and what they share. */
import { explainTopic } from '../core/explain.ts';
import type { Page } from '../core/explain-pages.ts';
import { KINDS } from '../kinds/index.ts';

export type ExplainResult = { readonly page: Page } | { readonly nearest: readonly string[] };

/**
 * The page about a topic, or the nearest topics where there is none.
 *
 * @param topic null: the overview
 */
export const explain = (topic: string | null): ExplainResult => explainTopic(topic, KINDS);
