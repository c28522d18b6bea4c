/** What a connection waits for before it takes the next frame. */
export interface UnderWay {
  /**
   * The connection goes away: nobody will read what comes of it.
   * @param onTold called once it need not be waited for any more
   * @param onError gets what a callback threw
   */
  abandon(onTold: () => void, onError: (error: unknown) => void): void
  /** Nobody takes up what came of it. */
  dropped(): void
}

/** The gate makes up its mind: nothing else may be taken before that, even from a peer that has said its last. */
export class Judgement implements UnderWay {
  abandon(): void {}

  dropped(): void {}
}
