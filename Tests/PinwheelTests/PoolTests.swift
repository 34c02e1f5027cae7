import Testing

/// All tests of the pool's behaviour. One after the other: they fill the machine by themselves, and the deadlines would
/// otherwise count the time that a test waits for its turn.
@Suite(.serialized, .timeLimit(.minutes(1)), .watched)
enum PoolTests {}
