# A reader in Julia, over Deltos.jl; commands and answers are those of reader.c, but for make and append.

using Deltos

const NEAREST = 5
const END = -1

milliseconds_since(began) = (time_ns() - began) / 1e6

"The direction from the middle of the Earth to its people, as latitude and longitude in degrees."
function centre_of(coordinates, population)
    x = y = z = 0.0
    for place in axes(coordinates, 2)
        latitude, longitude = coordinates[1, place], coordinates[2, place]
        weight = population[place]
        x += weight * cosd(latitude) * cosd(longitude)
        y += weight * cosd(latitude) * sind(longitude)
        z += weight * sind(latitude)
    end
    return atand(z, hypot(x, y)), atand(y, x)
end

function nearest_to(coordinates, ids, centre)
    haversine(place) =
        sind((coordinates[1, place] - centre[1]) / 2)^2 +
        cosd(coordinates[1, place]) * cosd(centre[1]) * sind((coordinates[2, place] - centre[2]) / 2)^2
    distances = map(haversine, axes(coordinates, 2))
    return Int[ids[place] for place in partialsortperm(distances, 1:NEAREST)]
end

function answers(coordinates, population, ids)
    began = time_ns()
    centre = centre_of(coordinates, population)
    nearest = nearest_to(coordinates, ids, centre)
    return string("{\"centre\": [", centre[1], ", ", centre[2], "], \"nearest\": ", nearest,
                  ", \"milliseconds\": ", milliseconds_since(began), "}")
end

# Another process stores there while this one looks: what is read again after a sleep is read from memory.
function watch(ball, milliseconds)
    began = time_ns()
    last, seen, backwards = ball[1], 0, 0
    while milliseconds_since(began) < milliseconds
        now = ball[1]
        seen += now != last
        backwards += now < last
        last = now
        sleep(0.001)
    end
    return "{\"seen\": $seen, \"backwards\": $backwards}"
end

function follow(array)
    println("{\"following\": true}")
    flush(stdout)
    values, sum, looks, last = 0, 0, 0, 0
    while last != END
        refresh!(array)
        if length(array) == values
            ccall(:sched_yield, Cint, ())
            continue
        end
        looks += 1
        for value in (values + 1):length(array)
            values, last = value, array[value]
            last != END && (sum += last)
        end
    end
    close(array)
    return "{\"values\": $(values - 1), \"sum\": $sum, \"looks\": $looks}"
end

"Looks names up, one by one and all at once, and ids."
function look_up(by_name, by_id, names, ids)
    began = time_ns()
    first = [by_name[name] for name in names]
    asked = time_ns()
    rows = Deltos.row_numbers(by_name, names)
    done = time_ns()
    table = Deltos.records(by_name)
    populations, numbers = Deltos.column(table, :population), Deltos.column(table, :id)
    hits = count(>(0), rows)
    same = count(i -> first[i].id == numbers[rows[i]] && by_id[ids[i]].id == ids[i], eachindex(ids))
    people = sum(row -> populations[row], rows)
    springfields = length(getall(by_name, "Springfield"))
    one, many = (asked - began) / length(names), (done - asked) / length(names)
    foreach(close, (populations, numbers, by_name, by_id))
    return string("{\"hits\": ", hits, ", \"same\": ", same, ", \"people\": ", people,
                  ", \"springfields\": ", springfields, ", \"one\": ", one, ", \"many\": ", many, "}")
end

"In the maps of the storage: the names and ids of the places that were drawn."
function look_up_drawn(storage, ids)
    stored = drawn, letters, offsets = storage["places/drawn"], storage["places/names"], storage["places/offsets"]
    names = [String(letters[(offsets[place+1] + 1):offsets[place+2]]) for place in drawn]
    wanted = [UInt64(ids[place+1]) for place in drawn]
    foreach(close, stored)
    return look_up(storage["by_name"], storage["by_id"], names, wanted)
end

# In maps of one place: what that needs is compiled before anybody waits, and before memory is measured.
function look_up_once()
    place = (population = 1, id = 0x00000001, latitude = 0.0, longitude = 0.0)
    by_name, by_id = Deltos.hashmap(["Ulm" => place]; multi = true), Deltos.hashmap([UInt64(1) => place])
    return look_up(by_name, by_id, ["Ulm"], [UInt64(1)])
end

function main(path)
    Deltos.open(path) do storage
        coordinates, population = storage["places/coordinates"], storage["places/population"]
        ids, ball = storage["places/ids"], storage["live/ball"]
        answers(coordinates, population, ids) # compiled before anybody waits
        precompile(follow, (Deltos.GrowableVector{Int64},))
        look_up_once()
        for line in eachline(stdin)
            command, argument = (split(line, ' ')..., "")
            answer = if command == "answers"
                answers(coordinates, population, ids)
            elseif command == "sum"
                "{\"sum\": $(sum(population))}"
            elseif command == "address"
                "{\"address\": $(Int(pointer(coordinates)))}"
            elseif command == "watch"
                watch(ball, parse(Float64, argument))
            elseif command == "ball_now"
                "{\"ball\": $(ball[1])}"
            elseif command == "follow"
                follow(Deltos.GrowableVector(storage, "live/neighbours"))
            elseif command == "look_up"
                look_up_drawn(storage, ids)
            else
                error("unknown command: $line")
            end
            println(answer)
            flush(stdout)
        end
        foreach(close, (coordinates, population, ids, ball))
    end
end

main(only(ARGS))
