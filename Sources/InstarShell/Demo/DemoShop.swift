/// The sample shop: users of five habits over two years. The same seed gives the same shop, byte for byte.
///
/// What holds by construction is listed in docs/reference/demo.md.
struct DemoShop {
  /// How a user goes about the shop.
  enum Habit: Int, CaseIterable {
    /// Comes every week or two and buys again and again, to the end.
    case regular
    /// Buys in November and December, and a little in May.
    case seasonal
    /// Buys once, looks around for some weeks, and is gone.
    case oneTime
    /// Looks and fills carts, and never buys.
    case browser
    /// Begins like a regular; comes ever more rarely, and stops in the second year.
    case fading

    /// Of a hundred users.
    var percent: Int { [15, 15, 30, 25, 15][rawValue] }
    /// Days between two visits, at the beginning.
    var gap: ClosedRange<Int> { [6...16, 15...45, 4...14, 8...40, 6...18][rawValue] }
  }

  struct User {
    var habit: Habit
    var country: Int
    var channel: Int
    /// The categories the user comes for.
    var favourites: [Int]
    /// Days after the first day of the shop.
    var signup: Int
  }

  enum EventType: String { case signup, view, cart, purchase, `return` }

  struct Event {
    /// Seconds since the first day of the shop.
    var time: Int
    var user: Int
    var type: EventType
    var item: Int = -1
    var order: Int = 0
    var quantity: Int = 0
    /// In cents.
    var amount: Int = 0
    var device: Int = 0
  }

  static let userCount = 4000
  static let days = 731  // 2024 and 2025
  static let countries = ["DE", "FR", "GB", "NL", "TR", "US"]
  static let channels = ["search", "email", "social", "referral", "direct"]
  static let devices = ["mobile", "desktop", "tablet"]

  let catalogue: DemoCatalogue
  private(set) var users: [User] = []
  private(set) var events: [Event] = []
  private var random: SplitMix64
  private var orders = 0

  init(seed: UInt64 = 2024) {
    random = SplitMix64(seed: seed)
    catalogue = DemoCatalogue(&random)
    for number in 0..<Self.userCount {
      let user = makeUser(number)
      users.append(user)
      live(number, user)
    }
    events.sort { ($0.time, $0.user) < ($1.time, $1.user) }
  }

  private mutating func makeUser(_ number: Int) -> User {
    // Habits go round in a fixed pattern of twenty, so that their numbers are exact.
    let place = number % 20 * 5
    var bound = 0
    let habit = Habit.allCases.first { habit in
      bound += habit.percent
      return place < bound
    }!
    let latest = habit == .fading ? 250 : habit == .regular ? 600 : Self.days - 20
    let first = random.below(DemoCatalogue.categories.count)
    let second = random.below(DemoCatalogue.categories.count)
    return User(
      habit: habit, country: random.weighted([24, 16, 20, 10, 18, 12]), channel: random.weighted([34, 18, 24, 10, 14]),
      favourites: [first, second], signup: random.below(latest))
  }

  // MARK: - One user's two years

  private mutating func live(_ number: Int, _ user: User) {
    var visit = Visit(user: number, habit: user.habit, favourites: user.favourites)
    visit.start = user.signup * 86_400 + random.within(7 * 3600...22 * 3600)
    visit.device = random.weighted([60, 32, 8])
    events.append(Event(time: visit.start, user: number, type: .signup, device: visit.device))
    visit.start += random.within(20...300)
    var visits = 0
    var day = user.signup
    while day < Self.days {
      if comes(user, on: day, visits) {
        go(&visit)
        visits += 1
      }
      if isOver(user, day, visits) { return }
      day += pause(user, day)
      visit.start = day * 86_400 + random.within(6 * 3600...23 * 3600)
      if random.chance(18) { visit.device = random.weighted([60, 32, 8]) }
    }
  }

  private func isOver(_ user: User, _ day: Int, _ visits: Int) -> Bool {
    switch user.habit {
    case .oneTime: visits >= 6 || day - user.signup > 50
    case .fading: day > 430 + user.signup / 2
    case .regular, .seasonal, .browser: false
    }
  }

  private mutating func pause(_ user: User, _ day: Int) -> Int {
    let gap = random.within(user.habit.gap)
    return user.habit == .fading ? gap + gap * (day - user.signup) / 150 : gap
  }

  private mutating func comes(_ user: User, on day: Int, _ visits: Int) -> Bool {
    visits == 0 || random.chance(min(100, 70 * Self.season(day) / 100))
  }

  /// How busy a day is, in percent: November and December above, July and August below.
  static func season(_ day: Int) -> Int {
    switch (day % 366) * 12 / 366 {
    case 10: 135
    case 11: 150
    case 6, 7: 80
    default: 100
    }
  }

  // MARK: - One visit

  private struct Visit {
    var user: Int
    var habit: Habit
    var favourites: [Int]
    var start = 0
    var device = 0
    var purchases = 0
    /// The partner of an item bought before: what the user looks for next.
    var wanted: Int?
  }

  private mutating func go(_ visit: inout Visit) {
    var time = visit.start
    var basket: [Int] = []
    for look in 0..<random.within(2...6) {
      let item = look == 0 ? visit.wanted ?? choose(visit, time) : choose(visit, time)
      events.append(Event(time: time, user: visit.user, type: .view, item: item, device: visit.device))
      time += random.within(15...240)
      let isWanted = item == visit.wanted
      if isWanted || random.chance(cartPercent(visit)) {
        events.append(Event(time: time, user: visit.user, type: .cart, item: item, device: visit.device))
        basket.append(item)
        time += random.within(10...120)
      }
    }
    if !basket.isEmpty, buys(visit, time) { buy(basket, &visit, time + random.within(30...600)) }
  }

  private mutating func choose(_ visit: Visit, _ time: Int) -> Int {
    let month = (time / 86_400 % 366) * 12 / 366
    var category = random.below(DemoCatalogue.categories.count)
    if random.chance(75) { category = random.pick(visit.favourites) }
    if month >= 10, random.chance(30) { category = random.pick([5, 11]) }  // presents
    // A few items of each category are popular: the smaller of two numbers leans to the front.
    let place = min(random.below(DemoCatalogue.itemsPerCategory), random.below(DemoCatalogue.itemsPerCategory))
    return category * DemoCatalogue.itemsPerCategory + place
  }

  private func cartPercent(_ visit: Visit) -> Int {
    switch visit.habit {
    case .regular: 26
    case .seasonal: 24
    case .oneTime: visit.purchases == 0 ? 30 : 8
    case .browser: 12
    case .fading: 24
    }
  }

  private mutating func buys(_ visit: Visit, _ time: Int) -> Bool {
    let month = (time / 86_400 % 366) * 12 / 366
    let phone = visit.device == 0 ? 8 : 0  // fewer finish on a phone
    switch visit.habit {
    case .regular: return random.chance(72 - phone)
    case .seasonal: return random.chance(month >= 10 ? 80 - phone : month == 4 ? 35 - phone : 8)
    case .oneTime: return visit.purchases == 0 && random.chance(60 - phone)
    case .browser: return false
    case .fading: return random.chance(66 - phone)
    }
  }

  private mutating func buy(_ basket: [Int], _ visit: inout Visit, _ time: Int) {
    orders += 1
    visit.purchases += 1
    visit.wanted = nil
    let discount = time / 86_400 % 366 >= 328 && time / 86_400 % 366 <= 334 ? 80 : 100  // a week in November
    for item in Set(basket).sorted() {
      let quantity = random.weighted([0, 82, 13, 5])
      let amount = catalogue.items[item].price * quantity * discount / 100
      events.append(
        Event(
          time: time, user: visit.user, type: .purchase, item: item, order: orders, quantity: quantity, amount: amount,
          device: visit.device))
      let category = DemoCatalogue.categories[catalogue.items[item].category]
      if random.chance(category.returnPercent) {
        let later = time + random.within(4...20) * 86_400
        if later < Self.days * 86_400 {
          events.append(
            Event(
              time: later, user: visit.user, type: .return, item: item, order: orders, quantity: quantity,
              amount: -amount, device: visit.device))
        }
      }
      if let partner = catalogue.partner(of: item), random.chance(55) { visit.wanted = partner }
    }
  }
}
